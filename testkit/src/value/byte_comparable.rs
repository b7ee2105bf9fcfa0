//! Values as bytes whose plain order is the order of their type.

use helenus_protocol::CqlType;

use super::big_integer;
use super::collection::{Collection, collection_elements};
use super::vector::elements_of_vector;

/// Ends a collection, and stands for a null inside a tuple: before every value.
const ABSENT: u8 = 0;
/// A value of no bytes, which most types accept and put first.
const EMPTY: u8 = 1;
const PRESENT: u8 = 2;

/// Appends `value` so that two of them, of one type, compare as their bytes do; none is a prefix of another.
/// Under `reversed`, the order is turned round.
pub(crate) fn write_byte_comparable(ty: &CqlType, value: &[u8], reversed: bool, out: &mut Vec<u8>) {
    let start = out.len();
    write_forward(ty, value, out);
    if reversed {
        for byte in &mut out[start..] {
            *byte = !*byte;
        }
    }
}

fn write_forward(ty: &CqlType, value: &[u8], out: &mut Vec<u8>) {
    if value.is_empty() {
        out.push(EMPTY);
        return;
    }
    out.push(PRESENT);
    match ty {
        CqlType::BigInt
        | CqlType::Counter
        | CqlType::Int
        | CqlType::SmallInt
        | CqlType::TinyInt
        | CqlType::Time
        | CqlType::Timestamp => write_signed(value, out),
        CqlType::Boolean | CqlType::Date => out.extend_from_slice(value),
        CqlType::Double | CqlType::Float => write_floating(value, out),
        CqlType::VarInt => write_decimal(value, 0, out),
        CqlType::Decimal => match value.split_first_chunk() {
            Some((scale, unscaled)) => write_decimal(unscaled, i32::from_be_bytes(*scale), out),
            None => write_escaped(value, out),
        },
        CqlType::TimeUuid => write_time_uuid(value, out),
        CqlType::Uuid => write_uuid(value, out),
        CqlType::List(element) | CqlType::Set(element) => {
            for item in collection_elements(Collection::Elements, value) {
                write_nested(element, item, out);
            }
            out.push(ABSENT);
        }
        CqlType::Map(key, element) => {
            for (index, item) in collection_elements(Collection::Pairs, value).enumerate() {
                write_nested(if index.is_multiple_of(2) { key } else { element }, item, out);
            }
            out.push(ABSENT);
        }
        CqlType::Tuple(elements) => write_fields(elements, value, out),
        CqlType::Udt(udt) => write_fields(udt.fields.iter().map(|(_, ty)| ty), value, out),
        CqlType::Vector(element, dimension) => {
            for item in elements_of_vector(element, *dimension, value) {
                write_forward(element, item, out);
            }
        }
        _ => write_escaped(value, out),
    }
}

fn write_fields<'t>(types: impl IntoIterator<Item = &'t CqlType>, value: &[u8], out: &mut Vec<u8>) {
    let mut items = collection_elements(Collection::Tuple, value);
    for ty in types {
        write_nested(ty, items.next().flatten(), out);
    }
}

fn write_nested(ty: &CqlType, item: Option<&[u8]>, out: &mut Vec<u8>) {
    match item {
        Some(item) => write_forward(ty, item, out),
        None => out.push(ABSENT),
    }
}

fn write_signed(value: &[u8], out: &mut Vec<u8>) {
    out.push(value[0] ^ 0x80);
    out.extend_from_slice(&value[1..]);
}

/// IEEE 754 bits order as integers once negative ones are turned round; every NaN is the one that comes last.
fn write_floating(value: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let is_nan = match value.len() {
        4 => value.try_into().is_ok_and(|bytes| f32::from_be_bytes(bytes).is_nan()),
        _ => value.try_into().is_ok_and(|bytes| f64::from_be_bytes(bytes).is_nan()),
    };
    if is_nan {
        out.resize(start + value.len(), 0xFF);
        return;
    }
    out.extend_from_slice(value);
    let negative = value[0] & 0x80 != 0;
    for (at, byte) in out[start..].iter_mut().enumerate() {
        *byte ^= if negative { 0xFF } else { 0x80 * u8::from(at == 0) };
    }
}

/// Sign, exponent, digits: numbers that differ in scale only are equal.
fn write_decimal(unscaled: &[u8], scale: i32, out: &mut Vec<u8>) {
    let (negative, mut digits) = big_integer::to_decimal(unscaled);
    if digits.is_empty() {
        out.push(1);
        return;
    }
    let exponent = i64::try_from(digits.len()).unwrap_or(i64::MAX) - i64::from(scale);
    while digits.last() == Some(&0) {
        digits.pop();
    }
    out.push(if negative { 0 } else { 2 });
    let start = out.len();
    write_signed(&exponent.to_be_bytes(), out);
    out.extend(digits.iter().map(|digit| digit + 1));
    out.push(0);
    if negative {
        for byte in &mut out[start..] {
            *byte = !*byte;
        }
    }
}

/// By time first, then by the other half as signed bytes.
fn write_time_uuid(value: &[u8], out: &mut Vec<u8>) {
    let Ok(bytes) = <&[u8; 16]>::try_from(value) else {
        return write_escaped(value, out);
    };
    out.extend_from_slice(&[bytes[6] & 0x0F, bytes[7], bytes[4], bytes[5]]);
    out.extend_from_slice(&bytes[..4]);
    out.extend(bytes[8..].iter().map(|byte| byte ^ 0x80));
}

/// By version first; version 1 by time, others by their bytes.
fn write_uuid(value: &[u8], out: &mut Vec<u8>) {
    let version = value.get(6).map_or(0, |byte| byte >> 4);
    out.push(version);
    if version == 1 {
        write_time_uuid(value, out);
    } else {
        write_escaped(value, out);
    }
}

/// Bytes, a zero among them followed by 0xFF, ended by two zeros.
fn write_escaped(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cql::ast::Literal;
    use crate::value::literal::encode_literal;

    fn comparable(ty: &CqlType, value: &[u8], reversed: bool) -> Vec<u8> {
        let mut out = Vec::new();
        write_byte_comparable(ty, value, reversed, &mut out);
        out
    }

    /// Asserts that `values`, given in order, stay so, and turn round when reversed.
    fn assert_ascending(ty: &CqlType, values: &[Vec<u8>]) {
        for pair in values.windows(2) {
            assert!(
                comparable(ty, &pair[0], false) < comparable(ty, &pair[1], false),
                "{ty}: {pair:02x?}"
            );
            assert!(
                comparable(ty, &pair[0], true) > comparable(ty, &pair[1], true),
                "{ty}: {pair:02x?}"
            );
        }
    }

    fn numbers(ty: &CqlType, texts: &[&str]) -> Vec<Vec<u8>> {
        texts
            .iter()
            .map(|text| encode_literal(&Literal::Float((*text).into()), ty).unwrap())
            .collect()
    }

    #[test]
    fn integers_order_by_sign_and_size() {
        assert_ascending(
            &CqlType::Int,
            &[i32::MIN, -1, 0, 1, i32::MAX].map(|n| n.to_be_bytes().to_vec()),
        );
        assert_ascending(
            &CqlType::BigInt,
            &[i64::MIN, -256, 0, 255, i64::MAX].map(|n| n.to_be_bytes().to_vec()),
        );
        assert_ascending(&CqlType::TinyInt, &[vec![0x80], vec![0xFF], vec![0], vec![0x7F]]);
        assert_ascending(
            &CqlType::VarInt,
            &[vec![0xFF, 0x7F], vec![0x80], vec![0xFF], vec![0], vec![1], vec![0, 0x80]],
        );
    }

    #[test]
    fn floating_numbers_order_as_java_orders_them() {
        let values = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-300, 2.0, f64::INFINITY, f64::NAN];
        assert_ascending(&CqlType::Double, &values.map(|n| n.to_be_bytes().to_vec()));
    }

    #[test]
    fn decimals_order_by_value_not_by_scale() {
        let texts = ["-100", "-99.5", "-0.001", "0", "0.0001", "0.1", "1.49", "1.5", "12", "100"];
        assert_ascending(&CqlType::Decimal, &numbers(&CqlType::Decimal, &texts));
        let [short, long] =
            ["1.5", "1.500"].map(|text| numbers(&CqlType::Decimal, &[text]).remove(0));
        assert_eq!(
            comparable(&CqlType::Decimal, &short, false),
            comparable(&CqlType::Decimal, &long, false)
        );
    }

    #[test]
    fn text_orders_by_bytes_and_a_prefix_comes_first() {
        let values = [&b""[..], b"\0", b"\0\0", b"\0a", b"a", b"a\0", b"ab", b"b", "é".as_bytes()];
        assert_ascending(&CqlType::Text, &values.map(<[u8]>::to_vec));
    }

    #[test]
    fn time_uuids_order_by_time() {
        let uuid = |text: &str| uuid::Uuid::parse_str(text).unwrap().as_bytes().to_vec();
        let values = [
            uuid("ffffffff-0000-1000-8000-000000000000"),
            uuid("00000000-0001-1000-8000-000000000000"),
            uuid("00000000-0000-1001-8000-000000000000"),
            uuid("00000000-0000-1001-0000-000000000000"),
        ];
        assert_ascending(&CqlType::TimeUuid, &values);
        assert_ascending(&CqlType::Uuid, &values);
    }
}

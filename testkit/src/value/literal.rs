//! Constants of a CQL text, in the wire form of the type they are meant for.

use helenus_protocol::CqlType;
use uuid::Uuid;

use super::duration::Duration;
use super::inet::encode_inet;
use super::{big_integer, date_time};
use crate::cql::ast::Literal;

/// Why a constant is no value of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LiteralMismatch {
    /// The type takes no constants of this kind.
    Kind,
    /// The kind fits, the text does not.
    Text,
}

/// The wire form of `literal` as a `ty`. `null` is none, so it does not come here.
pub(crate) fn encode_literal(literal: &Literal, ty: &CqlType) -> Result<Vec<u8>, LiteralMismatch> {
    let text = literal.text();
    let encoded = match (literal, ty) {
        (Literal::String(_), CqlType::Text) => Some(text.as_bytes().to_vec()),
        (Literal::String(_), CqlType::Ascii) => text.is_ascii().then(|| text.as_bytes().to_vec()),
        (Literal::String(_), CqlType::Inet | CqlType::Timestamp) if text.is_empty() => {
            Some(Vec::new())
        }
        (Literal::String(_), CqlType::Inet) => text.parse().ok().map(encode_inet),
        (Literal::String(_), CqlType::Timestamp) => {
            date_time::parse_timestamp(text).map(big_endian)
        }
        (Literal::String(_), CqlType::Date) => {
            date_time::parse_date(text).map(|days| days.to_be_bytes().to_vec())
        }
        (Literal::String(_), CqlType::Time) => date_time::parse_time(text).map(big_endian),
        (
            Literal::Integer(_),
            CqlType::BigInt | CqlType::Counter | CqlType::Timestamp | CqlType::Time,
        ) => text.parse().ok().map(big_endian),
        (Literal::Integer(_), CqlType::Int) => {
            text.parse().ok().map(|n: i32| n.to_be_bytes().to_vec())
        }
        (Literal::Integer(_), CqlType::SmallInt) => {
            text.parse().ok().map(|n: i16| n.to_be_bytes().to_vec())
        }
        (Literal::Integer(_), CqlType::TinyInt) => {
            text.parse().ok().map(|n: i8| n.to_be_bytes().to_vec())
        }
        (Literal::Integer(_), CqlType::Date) => {
            text.parse().ok().map(|n: u32| n.to_be_bytes().to_vec())
        }
        (Literal::Integer(_), CqlType::VarInt) => big_integer::from_decimal(text),
        (Literal::Integer(_) | Literal::Float(_), CqlType::Double) => {
            text.parse().ok().map(|n: f64| n.to_be_bytes().to_vec())
        }
        (Literal::Integer(_) | Literal::Float(_), CqlType::Float) => {
            text.parse().ok().map(|n: f32| n.to_be_bytes().to_vec())
        }
        (Literal::Integer(_) | Literal::Float(_), CqlType::Decimal) => decimal(text),
        (Literal::Boolean(value), CqlType::Boolean) => Some(vec![u8::from(*value)]),
        (Literal::Uuid(_), CqlType::Uuid) => uuid(text).map(|uuid| uuid.as_bytes().to_vec()),
        (Literal::Uuid(_), CqlType::TimeUuid) => uuid(text)
            .filter(|uuid| uuid.get_version_num() == 1)
            .map(|uuid| uuid.as_bytes().to_vec()),
        (Literal::Duration(_), CqlType::Duration) => Duration::parse(text).map(Duration::encode),
        (Literal::Blob(_), CqlType::Blob | CqlType::Custom(_)) => hex(text),
        _ => return Err(LiteralMismatch::Kind),
    };
    encoded.ok_or(LiteralMismatch::Text)
}

fn big_endian(number: i64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn uuid(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// `-1.50` is scale 2 and −150; `1e3` is scale −3 and 1.
fn decimal(text: &str) -> Option<Vec<u8>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let mut out = scale.to_be_bytes().to_vec();
    out.extend(big_integer::from_decimal(&format!("{whole}{fraction}"))?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str, ty: &CqlType) -> Result<Vec<u8>, LiteralMismatch> {
        encode_literal(&Literal::Integer(text.into()), ty)
    }

    fn string(text: &str, ty: &CqlType) -> Result<Vec<u8>, LiteralMismatch> {
        encode_literal(&Literal::String(text.into()), ty)
    }

    #[test]
    fn constants_take_the_form_of_their_type() {
        assert_eq!(integer("-2", &CqlType::Int), Ok(vec![0xFF, 0xFF, 0xFF, 0xFE]));
        assert_eq!(integer("-129", &CqlType::VarInt), Ok(vec![0xFF, 0x7F]));
        assert_eq!(
            encode_literal(&Literal::Float("-1.50".into()), &CqlType::Decimal),
            Ok(vec![0, 0, 0, 2, 0xFF, 0x6A])
        );
        assert_eq!(integer("7", &CqlType::Double), Ok(7f64.to_be_bytes().to_vec()));
        assert_eq!(string("::1", &CqlType::Inet).map(|bytes| bytes.len()), Ok(16));
        assert_eq!(
            encode_literal(&Literal::Blob("CAfe".into()), &CqlType::Blob),
            Ok(vec![0xCA, 0xFE])
        );
        assert_eq!(
            encode_literal(&Literal::Float("NaN".into()), &CqlType::Float),
            Ok(f32::NAN.to_be_bytes().to_vec())
        );
    }

    #[test]
    fn a_wrong_kind_and_a_wrong_text_are_told_apart() {
        assert_eq!(integer("1", &CqlType::Text), Err(LiteralMismatch::Kind));
        assert_eq!(string("1", &CqlType::Int), Err(LiteralMismatch::Kind));
        assert_eq!(integer("3000000000", &CqlType::Int), Err(LiteralMismatch::Text));
        assert_eq!(
            encode_literal(&Literal::Blob("abc".into()), &CqlType::Blob),
            Err(LiteralMismatch::Text)
        );
        assert_eq!(
            encode_literal(
                &Literal::Uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".into()),
                &CqlType::TimeUuid
            ),
            Err(LiteralMismatch::Text)
        );
    }
}

//! Values of the types that are not made of others.

use std::net::{Ipv4Addr, Ipv6Addr};

use fastrand::Rng;
use helenus_protocol::{
    Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlType, CqlVarint, Value,
};
use uuid::{Builder, Uuid};

const DAY_NANOS: i64 = 86_400_000_000_000;
/// Durations have one sign.
const DURATIONS: [(i32, i32, i64); 6] = [
    (0, 0, 0),
    (i32::MAX, i32::MAX, i64::MAX),
    (i32::MIN, i32::MIN, i64::MIN),
    (-1, 0, 0),
    (0, 0, 1),
    (12, 31, DAY_NANOS),
];
const INTEGERS: [i64; 11] = [i64::MIN, i64::MAX, 0, 1, -1, 127, 128, -128, -129, 255, 65_536];
/// The first and the last that Python has a datetime for, and those beyond them.
const YEAR_ENDS: [i64; 4] =
    [-62_135_596_800_000, 253_402_300_799_999, -62_135_596_800_001, 253_402_300_800_000];

/// Whether the type has an empty value that is neither null nor common.
pub(crate) fn has_empty(ty: &CqlType) -> bool {
    matches!(
        ty,
        CqlType::BigInt
            | CqlType::Boolean
            | CqlType::Decimal
            | CqlType::Double
            | CqlType::Float
            | CqlType::Inet
            | CqlType::Int
            | CqlType::Timestamp
            | CqlType::TimeUuid
            | CqlType::Uuid
            | CqlType::VarInt
    )
}

/// The least, the greatest and other special values; none for types that are made of others.
pub(crate) fn extremes(ty: &CqlType) -> Vec<Value> {
    match ty {
        CqlType::Ascii => ["", "\0", "\u{7F}", "'\"\\;--"].map(text).into(),
        CqlType::Text => ["", "\0", "Straße", "𝄞\u{10FFFF}", "e\u{301}"].map(text).into(),
        CqlType::BigInt => INTEGERS.map(Value::BigInt).into(),
        CqlType::Counter => INTEGERS.map(|value| Value::Counter(Counter(value))).into(),
        CqlType::Int => [i32::MIN, i32::MAX, 0, -1].map(Value::Int).into(),
        CqlType::SmallInt => [i16::MIN, i16::MAX, 0, -1].map(Value::SmallInt).into(),
        CqlType::TinyInt => [i8::MIN, i8::MAX, 0, -1].map(Value::TinyInt).into(),
        CqlType::Blob => vec![Value::Blob(vec![]), Value::Blob((0..=255).collect())],
        CqlType::Boolean => [true, false].map(Value::Boolean).into(),
        CqlType::Date => {
            let days = [0, 1, i32::MAX.cast_unsigned(), 1 << 31, u32::MAX];
            days.map(|day| Value::Date(CqlDate(day))).into()
        }
        CqlType::Decimal => {
            let scales = [-i32::MAX, -1, 0, 1, i32::MAX];
            let numbers = varints();
            let decimal = |(unscaled, scale)| Value::Decimal(CqlDecimal { unscaled, scale });
            numbers.into_iter().zip(scales.into_iter().cycle()).map(decimal).collect()
        }
        CqlType::VarInt => varints().into_iter().map(Value::VarInt).collect(),
        CqlType::Double => [
            0.0,
            -0.0,
            f64::MIN,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ]
        .map(Value::Double)
        .into(),
        CqlType::Float => [
            0.0,
            -0.0,
            f32::MIN,
            f32::MAX,
            f32::MIN_POSITIVE,
            f32::from_bits(1),
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ]
        .map(Value::Float)
        .into(),
        CqlType::Duration => DURATIONS.map(duration).into(),
        CqlType::Inet => {
            let [v4, v6] = [Ipv4Addr::BROADCAST.into(), Ipv6Addr::LOCALHOST.into()];
            let nowhere = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
            [v4, v6].into_iter().chain(nowhere).map(Value::Inet).collect()
        }
        CqlType::Time => [0, 1, DAY_NANOS - 1].map(|time| Value::Time(CqlTime(time))).into(),
        CqlType::Timestamp => {
            let millis = [i64::MIN, i64::MAX, 0, -1].into_iter().chain(YEAR_ENDS);
            millis.map(|millis| Value::Timestamp(CqlTimestamp(millis))).collect()
        }
        CqlType::TimeUuid => [0, u128::MAX].map(time_uuid).into(),
        CqlType::Uuid => [Uuid::nil(), Uuid::max()].map(Value::Uuid).into(),
        _ => Vec::new(),
    }
}

/// Values that only a column of the type itself has.
pub(crate) fn alone(ty: &CqlType) -> Vec<Value> {
    match ty {
        // Larger than a segment: one that compresses, and one that does not.
        CqlType::Text => vec![Value::Text("Helenus".repeat(30_000))],
        CqlType::Blob => vec![Value::Blob(bytes(&mut Rng::with_seed(0), 300_000))],
        CqlType::Inet => vec![Value::Inet(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into())],
        _ => Vec::new(),
    }
}

/// # Panics
/// With a type that is made of others: that would be this test's own mistake.
pub(crate) fn random(ty: &CqlType, rng: &mut Rng) -> Value {
    match ty {
        CqlType::Ascii => Value::Text(string(rng, '\0'..='\u{7F}')),
        CqlType::Text => Value::Text(string(rng, '\0'..=char::MAX)),
        CqlType::BigInt => Value::BigInt(long(rng)),
        CqlType::Counter => Value::Counter(Counter(long(rng))),
        CqlType::Int => Value::Int(rng.i32(..)),
        CqlType::SmallInt => Value::SmallInt(rng.i16(..)),
        CqlType::TinyInt => Value::TinyInt(rng.i8(..)),
        CqlType::Blob => {
            let length = rng.usize(..40);
            Value::Blob(bytes(rng, length))
        }
        CqlType::Boolean => Value::Boolean(rng.bool()),
        CqlType::Date => Value::Date(CqlDate(rng.u32(..))),
        CqlType::Decimal => {
            Value::Decimal(CqlDecimal { unscaled: varint(rng), scale: rng.i32(-400..400) })
        }
        CqlType::VarInt => Value::VarInt(varint(rng)),
        CqlType::Double => Value::Double(f64::from_bits(rng.u64(..))),
        CqlType::Float => Value::Float(f32::from_bits(rng.u32(..))),
        CqlType::Duration => {
            let sign = if rng.bool() { 1 } else { -1 };
            let nanos = (long(rng) >> 1).abs();
            duration((sign * rng.i32(0..), sign * (rng.i32(0..) >> 20), i64::from(sign) * nanos))
        }
        CqlType::Inet if rng.bool() => Value::Inet(Ipv4Addr::from_bits(rng.u32(..)).into()),
        CqlType::Inet => Value::Inet(Ipv6Addr::from_bits(rng.u128(..)).into()),
        CqlType::Time => Value::Time(CqlTime(rng.i64(0..DAY_NANOS))),
        CqlType::Timestamp => Value::Timestamp(CqlTimestamp(long(rng))),
        CqlType::TimeUuid => time_uuid(rng.u128(..)),
        CqlType::Uuid => Value::Uuid(Uuid::from_u128(rng.u128(..))),
        composed => unreachable!("{composed} is made of other types"),
    }
}

/// The value, or another one where the two sides have different opinions of when such values are equal.
pub(crate) fn as_key(value: Value) -> Value {
    match value {
        Value::Double(value) if value == 0.0 || value.is_nan() => Value::Double(0.0),
        Value::Float(value) if value == 0.0 || value.is_nan() => Value::Float(0.0),
        Value::Decimal(value) => Value::Decimal(CqlDecimal { scale: 2, ..value }),
        other => other,
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn duration((months, days, nanoseconds): (i32, i32, i64)) -> Value {
    Value::Duration(CqlDuration { months, days, nanoseconds })
}

/// Cassandra takes no other version than 1.
fn time_uuid(bits: u128) -> Value {
    let bytes = bits.to_be_bytes();
    let builder = Builder::from_bytes(bytes).with_version(uuid::Version::Mac);
    Value::Uuid(builder.into_uuid())
}

fn varints() -> Vec<CqlVarint> {
    let [least, greatest] = [[0x80; 200], [0x7F; 200]].map(|it| CqlVarint::from_be_bytes(&it));
    let small = INTEGERS.map(CqlVarint::from);
    let wide = [i128::MIN, i128::MAX, 1 << 64].map(CqlVarint::from);
    small.into_iter().chain(wide).chain([least, greatest]).collect()
}

/// A number of any magnitude.
fn long(rng: &mut Rng) -> i64 {
    rng.i64(..) >> rng.u32(..64)
}

fn varint(rng: &mut Rng) -> CqlVarint {
    let length = rng.usize(1..30);
    CqlVarint::from_be_bytes(&bytes(rng, length))
}

fn bytes(rng: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill(&mut bytes);
    bytes
}

fn string(rng: &mut Rng, chars: std::ops::RangeInclusive<char>) -> String {
    let length = rng.usize(..20);
    (0..length).map(|_| rng.char(chars.clone())).collect()
}

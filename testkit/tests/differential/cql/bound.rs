//! Values for markers: mostly such as rows have, some null, unset, empty or no value of the type at all.

use fastrand::Rng;
use helenus_protocol::{
    BoundValues, Cell, ColumnSpec, CqlTimestamp, CqlType, EncodeValue, Encoded, Value,
};

use crate::Outcome;
use crate::scalar;

const TEXTS: [&str; 5] = ["", "a", "b", "ab", "ü"];
const DOCUMENTS: [&str; 6] = [
    r#"{"k": 1, "a": 2, "b": "x", "c": 1.5}"#,
    r#"{"k": 2, "b": null}"#,
    r#"{"a": 2}"#,
    r#"{"k": "1"}"#,
    r#"{"k": 1, "nothing": 2}"#,
    "[1]",
];
/// No time to live may end while the test runs.
const TIMES_TO_LIVE: [i32; 4] = [0, 1_000, -1, i32::MAX];

/// A value for each marker. Conditions get none that is not set: which of them Cassandra looks at first is its own.
pub(crate) fn bound(cql: &str, markers: &[ColumnSpec], rng: &mut Rng) -> Outcome<BoundValues> {
    let is_conditional = cql.contains(" IF ");
    let mut values = BoundValues::default();
    for marker in markers {
        let mut bytes = Vec::new();
        let cell = match rng.u8(..40) {
            0..=2 => Cell::Null,
            3 | 4 if !is_conditional => Cell::Unset,
            5 => Cell::Value(&[]),
            6 => {
                bytes.extend((0..rng.usize(1..6)).map(|_| rng.u8(..)));
                Cell::Value(&bytes)
            }
            _ => match wellformed(marker, rng).encode(&marker.ty, &mut bytes)? {
                Encoded::Value => Cell::Value(&bytes),
                Encoded::Null => Cell::Null,
                Encoded::Unset => Cell::Unset,
            },
        };
        values.push(cell)?;
    }
    Ok(values)
}

fn wellformed(marker: &ColumnSpec, rng: &mut Rng) -> Value {
    match &*marker.name {
        "[ttl]" => Value::Int(TIMES_TO_LIVE[rng.usize(..TIMES_TO_LIVE.len())]),
        // Cassandra complains of a negative one, or does not, by what else is asked.
        name if name.starts_with("idx(") => Value::Int(rng.i32(0..4)),
        "[json]" | "doc" => Value::Text(DOCUMENTS[rng.usize(..DOCUMENTS.len())].to_owned()),
        _ => value(&marker.ty, rng),
    }
}

/// Of a type's values so few that rows are met again.
fn value(ty: &CqlType, rng: &mut Rng) -> Value {
    let count = rng.usize(..3);
    match ty {
        CqlType::Int => Value::Int(rng.i32(-1..4)),
        CqlType::BigInt => Value::BigInt(rng.i64(-2..5)),
        // Not so long ago that a UUID cannot tell.
        CqlType::Timestamp => Value::Timestamp(CqlTimestamp(rng.i64(0..1 << 41))),
        CqlType::Text => Value::Text(TEXTS[rng.usize(..TEXTS.len())].to_owned()),
        CqlType::Double => Value::Double(f64::from(rng.i8(-2..3)) / 2.0),
        CqlType::Float => Value::Float(f32::from(rng.i8(-2..3)) / 2.0),
        CqlType::List(element) | CqlType::Set(element) => {
            Value::List((0..count).map(|_| value(element, rng)).collect())
        }
        CqlType::Vector(element, dimension) => {
            Value::List((0..*dimension).map(|_| value(element, rng)).collect())
        }
        CqlType::Map(key, element) => {
            Value::Map((0..count).map(|_| (value(key, rng), value(element, rng))).collect())
        }
        CqlType::Tuple(elements) => {
            Value::Tuple(elements.iter().map(|element| value(element, rng)).collect())
        }
        CqlType::Udt(udt) => {
            Value::Udt(udt.fields.iter().map(|(name, ty)| (name.clone(), value(ty, rng))).collect())
        }
        other => scalar::random(other, rng),
    }
}

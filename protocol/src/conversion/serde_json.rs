//! Any CQL value as JSON.

use num_bigint::BigInt;
use serde_json::{Number, Value as Json};

use crate::{CqlDecimal, Value};

/// As Cassandra's `toJson` writes it, save that no digit is lost where a reader takes numbers for 64-bit floats.
///
/// | CQL | JSON |
/// |---|---|
/// | null | `null` |
/// | an empty value of a type that has none | `""` |
/// | `ascii`, `text` | a string |
/// | `tinyint`, `smallint`, `int`, `bigint`, `counter` | a number |
/// | `varint` | a number, beyond 64 bits a string |
/// | `float`, `double` | a number, or `"NaN"`, `"Infinity"`, `"-Infinity"` |
/// | `decimal` | a string of all its digits, such as `"-1.50"` |
/// | `boolean` | `true`, `false` |
/// | `blob`, custom | `"0x"` and hexadecimal digits |
/// | `uuid`, `timeuuid`, `inet` | a string |
/// | `date`, `time`, `timestamp`, `duration` | a string as their `Display` |
/// | `list`, `set`, `vector`, `tuple` | an array |
/// | `map` | an object; keys that are no strings in JSON stand as JSON text |
/// | a user-defined type | an object |
impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Empty => Self::String(String::new()),
            Value::Text(text) => Self::String(text),
            Value::TinyInt(number) => number.into(),
            Value::SmallInt(number) => number.into(),
            Value::Int(number) => number.into(),
            Value::BigInt(number) => number.into(),
            Value::Counter(count) => count.0.into(),
            Value::VarInt(number) => match number.to_i128().and_then(Number::from_i128) {
                Some(number) => Self::Number(number),
                None => Self::String(BigInt::from(&number).to_string()),
            },
            Value::Float(number) if number.is_finite() => number.into(),
            Value::Float(number) => Self::String(not_finite(number.into())),
            Value::Double(number) if number.is_finite() => number.into(),
            Value::Double(number) => Self::String(not_finite(number)),
            Value::Decimal(number) => Self::String(decimal(&number)),
            Value::Boolean(value) => Self::Bool(value),
            Value::Blob(bytes) => Self::String(blob(&bytes)),
            Value::Uuid(uuid) => Self::String(uuid.to_string()),
            Value::Inet(address) => Self::String(address.to_string()),
            Value::Date(date) => Self::String(date.to_string()),
            Value::Time(time) => Self::String(time.to_string()),
            Value::Timestamp(time) => Self::String(time.to_string()),
            Value::Duration(duration) => Self::String(duration.to_string()),
            Value::List(elements) | Value::Tuple(elements) => elements.into_iter().collect(),
            Value::Map(entries) => {
                entries.into_iter().map(|(key, value)| (key_text(key), value)).collect()
            }
            Value::Udt(fields) => {
                fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
            }
        }
    }
}

fn key_text(key: Value) -> String {
    match Json::from(key) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn not_finite(number: f64) -> String {
    let name = if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    name.to_owned()
}

fn blob(bytes: &[u8]) -> String {
    let mut text = "0x".to_owned();
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Scales up to this many places are written out; beyond them, an exponent is.
const MAX_PLACES: usize = 100;

fn decimal(number: &CqlDecimal) -> String {
    let digits = BigInt::from(&number.unscaled).to_string();
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits.as_str()),
    };
    match usize::try_from(number.scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) if scale <= MAX_PLACES => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, places) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{places}")
        }
        _ => format!("{sign}{digits}E{}", -i64::from(number.scale)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Counter, CqlDate, CqlDuration, CqlTime, CqlTimestamp, CqlVarint, DecodeValue, UdtType,
    };

    fn decimal(unscaled: i64, scale: i32) -> Value {
        Value::Decimal(CqlDecimal { unscaled: CqlVarint::from(unscaled), scale })
    }

    #[test]
    fn simple_values() {
        let long = CqlVarint::from_be_bytes(&[0x7F; 20]);
        let cases = [
            (Value::Null, json!(null)),
            (Value::Empty, json!("")),
            (Value::Text("a\"".into()), json!("a\"")),
            (Value::TinyInt(-1), json!(-1)),
            (Value::BigInt(i64::MIN), json!(i64::MIN)),
            (Value::Counter(Counter(7)), json!(7)),
            (Value::VarInt(CqlVarint::from(-129_i64)), json!(-129)),
            (Value::VarInt(long), json!("727885129180488904360266563744972327436484050815")),
            (Value::Double(0.5), json!(0.5)),
            (Value::Double(f64::NAN), json!("NaN")),
            (Value::Float(f32::NEG_INFINITY), json!("-Infinity")),
            (Value::Boolean(true), json!(true)),
            (Value::Blob(vec![0, 0xAB]), json!("0x00ab")),
            (Value::Inet([127, 0, 0, 1].into()), json!("127.0.0.1")),
            (Value::Date(CqlDate::from_days(19_782)), json!("2024-02-29")),
            (Value::Time(CqlTime(1)), json!("00:00:00.000000001")),
            (Value::Timestamp(CqlTimestamp(0)), json!("1970-01-01 00:00:00.000Z")),
        ];
        for (value, expected) in cases {
            assert_eq!(Json::from(value), expected);
        }
        let duration = CqlDuration { months: 14, days: 3, nanoseconds: 0 };
        assert_eq!(Json::from(Value::Duration(duration)), json!("1y2mo3d"));
    }

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(Json::from(decimal(-150, 2)), json!("-1.50"));
        assert_eq!(Json::from(decimal(5, 3)), json!("0.005"));
        assert_eq!(Json::from(decimal(7, 0)), json!("7"));
        assert_eq!(Json::from(decimal(7, -5)), json!("7E5"));
        assert_eq!(Json::from(decimal(7, i32::MAX)), json!("7E-2147483647"));
        assert_eq!(Json::from(decimal(7, i32::MIN)), json!("7E2147483648"));
    }

    #[test]
    fn values_of_values() {
        let map = Value::Map(vec![
            (Value::Int(1), Value::List(vec![Value::Text("a".into()), Value::Null])),
            (Value::Text("k".into()), Value::Tuple(vec![Value::Int(2)])),
        ]);
        assert_eq!(Json::from(map), json!({"1": ["a", null], "k": [2]}));
        let udt = crate::CqlType::Udt(Box::new(UdtType {
            keyspace: "ks".into(),
            name: "u".into(),
            fields: vec![("f".into(), crate::CqlType::Int)],
        }));
        let value = Value::decode(&udt, Some(&[0, 0, 0, 4, 0, 0, 0, 9])).unwrap();
        assert_eq!(Json::from(value), json!({"f": 9}));
    }
}

//! What both sides say that they see: a value as JSON.
//!
//! | CQL | JSON |
//! |---|---|
//! | null | `null` |
//! | an empty value of a type that wants bytes | `{"empty": true}` |
//! | ascii, text | a string |
//! | boolean | a boolean |
//! | bigint, counter, int, smallint, tinyint | a number |
//! | varint | its decimal digits, as a string |
//! | decimal | `{"unscaled": "-150", "scale": 2}` |
//! | float, double | the hexadecimal digits of their bits, or `"NaN"` |
//! | blob, inet | the hexadecimal digits of their bytes |
//! | uuid, timeuuid | a string |
//! | timestamp, date, time | milliseconds since the epoch, days since the epoch, nanoseconds since midnight |
//! | duration | months, days and nanoseconds, in an array |
//! | list, vector, tuple | an array; a tuple's is as long as the type |
//! | set, map, user-defined type | `{"set": […]}`, `{"map": [[key, value], …]}`, `{"udt": [[name, field], …]}` |

use std::net::IpAddr;

use helenus_protocol::{CqlType, Value};
use num_bigint::BigInt;
use serde_json::json;

use crate::Outcome;

pub(crate) type Form = serde_json::Value;

/// What helenus-protocol sees in a value of type `ty`.
pub(crate) fn describe(value: &Value, ty: &CqlType) -> Outcome<Form> {
    Ok(match (value, ty) {
        (Value::Null, _) => Form::Null,
        (Value::Empty, _) => json!({"empty": true}),
        (Value::List(elements), CqlType::Set(element)) => json!({"set": all(elements, element)?}),
        (Value::List(elements), CqlType::List(element) | CqlType::Vector(element, _)) => {
            all(elements, element)?.into()
        }
        (Value::Map(entries), CqlType::Map(key_type, value_type)) => {
            let entry = |(key, value): &(Value, Value)| {
                Ok(json!([describe(key, key_type)?, describe(value, value_type)?]))
            };
            json!({"map": entries.iter().map(entry).collect::<Outcome<Vec<_>>>()?})
        }
        (Value::Tuple(elements), CqlType::Tuple(types)) => {
            let elements = elements.iter().chain(std::iter::repeat(&Value::Null));
            let elements = elements.zip(types).map(|(value, ty)| describe(value, ty));
            elements.collect::<Outcome<Vec<_>>>()?.into()
        }
        (Value::Udt(fields), CqlType::Udt(udt)) => {
            let field = |(name, ty): &(_, CqlType)| {
                let given = fields.iter().find(|(given, _)| given == name);
                let value = given.map_or(&Value::Null, |(_, value)| value);
                Ok(json!([&**name, describe(value, ty)?]))
            };
            json!({"udt": udt.fields.iter().map(field).collect::<Outcome<Vec<_>>>()?})
        }
        (simple, ty) => {
            describe_simple(simple).ok_or_else(|| format!("no {ty} is read as {simple:?}"))?
        }
    })
}

fn describe_simple(value: &Value) -> Option<Form> {
    Some(match value {
        Value::BigInt(value) => json!(value),
        Value::Blob(value) => hex(value),
        Value::Boolean(value) => json!(value),
        Value::Counter(value) => json!(value.0),
        Value::Date(value) => json!(value.days()),
        Value::Decimal(value) => json!({
            "unscaled": BigInt::from_signed_bytes_be(value.unscaled.to_be_bytes()).to_string(),
            "scale": value.scale,
        }),
        Value::Double(value) if value.is_nan() => json!("NaN"),
        Value::Double(value) => hex(&value.to_bits().to_be_bytes()),
        Value::Duration(value) => json!([value.months, value.days, value.nanoseconds]),
        Value::Float(value) if value.is_nan() => json!("NaN"),
        Value::Float(value) => hex(&value.to_bits().to_be_bytes()),
        Value::Inet(IpAddr::V4(address)) => hex(&address.octets()),
        Value::Inet(IpAddr::V6(address)) => hex(&address.octets()),
        Value::Int(value) => json!(value),
        Value::SmallInt(value) => json!(value),
        Value::Text(value) => json!(value),
        Value::Time(value) => json!(value.0),
        Value::Timestamp(value) => json!(value.0),
        Value::TinyInt(value) => json!(value),
        Value::Uuid(value) => json!(value.to_string()),
        Value::VarInt(value) => {
            json!(BigInt::from_signed_bytes_be(value.to_be_bytes()).to_string())
        }
        _ => return None,
    })
}

/// The form in which two are compared: what is in a set or a map has an order of this test's own.
pub(crate) fn ordered(form: Form) -> Form {
    match form {
        Form::Array(elements) => elements.into_iter().map(ordered).collect(),
        Form::Object(fields) => {
            let field = |(name, value): (String, Form)| {
                let mut value = ordered(value);
                if let ("set" | "map", Form::Array(elements)) = (name.as_str(), &mut value) {
                    elements.sort_by_cached_key(Form::to_string);
                }
                (name, value)
            };
            Form::Object(fields.into_iter().map(field).collect())
        }
        simple => simple,
    }
}

fn all(elements: &[Value], element: &CqlType) -> Outcome<Vec<Form>> {
    elements.iter().map(|value| describe(value, element)).collect()
}

fn hex(bytes: &[u8]) -> Form {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

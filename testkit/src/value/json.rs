//! Values as JSON, and back.

use helenus_protocol::CqlType;
use serde_json::Value;

use super::collection::{Collection, collection_elements, write_collection, write_element};
use super::literal::{LiteralMismatch, encode_literal};
use super::text::to_text;
use super::{elements_of_vector, write_byte_comparable, write_vector_element};
use crate::cql::ast::Literal;

/// A value as a node shows it in JSON.
pub(crate) fn to_json(ty: &CqlType, value: Option<&[u8]>) -> String {
    let Some(value) = value else {
        return "null".to_owned();
    };
    let list = |element: &CqlType, items: &mut dyn Iterator<Item = Option<&[u8]>>| {
        let items: Vec<_> = items.map(|item| to_json(element, item)).collect();
        format!("[{}]", items.join(", "))
    };
    match ty {
        CqlType::List(element) | CqlType::Set(element) => {
            list(element, &mut collection_elements(Collection::Elements, value))
        }
        CqlType::Vector(element, dimension) => {
            let elements = elements_of_vector(element, *dimension, value);
            list(element, &mut elements.into_iter().map(Some))
        }
        CqlType::Map(key, element) => {
            let items: Vec<_> = collection_elements(Collection::Pairs, value).collect();
            let entries = items.chunks_exact(2).map(|pair| {
                let name = to_json(key, pair[0]);
                let name = if name.starts_with('"') { name } else { quoted(&name) };
                format!("{name}: {}", to_json(element, pair[1]))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        CqlType::Tuple(types) => {
            let mut items = collection_elements(Collection::Tuple, value);
            let items = types.iter().map(|ty| to_json(ty, items.next().flatten()));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        CqlType::Udt(udt) => {
            let mut items = collection_elements(Collection::Tuple, value);
            let fields = udt.fields.iter().map(|(name, ty)| {
                format!("{}: {}", json_name(name), to_json(ty, items.next().flatten()))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        CqlType::Float | CqlType::Double => match to_text(ty, value) {
            Some(text) if text.ends_with('N') || text.ends_with('y') => "null".to_owned(),
            Some(text) => text,
            None => "null".to_owned(),
        },
        CqlType::TinyInt
        | CqlType::SmallInt
        | CqlType::Int
        | CqlType::BigInt
        | CqlType::Counter
        | CqlType::VarInt
        | CqlType::Decimal
        | CqlType::Boolean
            if !value.is_empty() =>
        {
            to_text(ty, value).unwrap_or_default()
        }
        _ => quoted(&to_text(ty, value).unwrap_or_default()),
    }
}

/// A column's or a field's name; one that is not in lower case keeps its quotes.
pub(crate) fn json_name(name: &str) -> String {
    if name.chars().any(char::is_uppercase) {
        return quoted(&format!("\"{name}\""));
    }
    quoted(name)
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The value that JSON stands for, or what is wrong with it; `None` is null.
pub(crate) fn from_json(ty: &CqlType, json: &Value) -> Result<Option<Vec<u8>>, String> {
    if json.is_null() {
        return Ok(None);
    }
    let present = |element: &CqlType, json: &Value| {
        from_json(element, json)?.ok_or_else(|| format!("Invalid null element in {}", kind_of(ty)))
    };
    let all = |element: &CqlType| -> Result<Vec<Vec<u8>>, String> {
        let Value::Array(items) = json else {
            return Err(format!(
                "Expected a list, but got a {}: {}",
                java_class(json),
                shown(json)
            ));
        };
        items.iter().map(|item| present(element, item)).collect()
    };
    let encoded = match ty {
        CqlType::List(element) => {
            let items = all(element)?;
            write_collection(items.len(), items.iter().map(Vec::as_slice))
        }
        CqlType::Set(element) => {
            let mut items = all(element)?;
            items.sort_by_cached_key(|item| comparable(element, item));
            items.dedup();
            write_collection(items.len(), items.iter().map(Vec::as_slice))
        }
        CqlType::Vector(element, dimension) => {
            let items = all(element)?;
            if items.len() != usize::from(*dimension) {
                return Err(format!(
                    "Vector value size mismatch: expected {dimension}, got {}",
                    items.len()
                ));
            }
            let mut out = Vec::new();
            items.iter().for_each(|item| write_vector_element(element, item, &mut out));
            out
        }
        CqlType::Map(key, element) => map(key, element, json)?,
        CqlType::Tuple(types) => {
            let Value::Array(items) = json else {
                return Err(format!(
                    "Expected a list representation of a tuple, but got a {}: {}",
                    java_class(json),
                    shown(json)
                ));
            };
            if items.len() != types.len() {
                let what = if items.len() > types.len() { "contains extra" } else { "is missing" };
                return Err(format!(
                    "Tuple {what} items (expected {}): {}",
                    types.len(),
                    shown(json)
                ));
            }
            let mut out = Vec::new();
            for (ty, item) in types.iter().zip(items) {
                write_element(from_json(ty, item)?.as_deref(), &mut out);
            }
            out
        }
        CqlType::Udt(udt) => {
            let Value::Object(fields) = json else {
                return Err(format!(
                    "Expected a map, but got a {}: {}",
                    java_class(json),
                    shown(json)
                ));
            };
            let unknown = fields
                .keys()
                .find(|name| udt.fields.iter().all(|(field, _)| **field != *plain_name(name)));
            if let Some(unknown) = unknown {
                return Err(format!(
                    "Unknown field '{unknown}' in value of user defined type {}",
                    udt.name
                ));
            }
            let mut out = Vec::new();
            for (name, ty) in &udt.fields {
                let field = fields.iter().find(|(key, _)| *plain_name(key) == **name);
                let value = field.map_or(Ok(None), |(_, value)| from_json(ty, value))?;
                write_element(value.as_deref(), &mut out);
            }
            out
        }
        _ => scalar(ty, json)?,
    };
    Ok(Some(encoded))
}

/// A name in JSON: in any case, unless it is in quotes of its own.
pub(crate) fn plain_name(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(exact) => exact.to_owned(),
        None => name.to_lowercase(),
    }
}

fn map(key: &CqlType, element: &CqlType, json: &Value) -> Result<Vec<u8>, String> {
    let Value::Object(entries) = json else {
        return Err(format!("Expected a map, but got a {}: {}", java_class(json), shown(json)));
    };
    let mut pairs = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        let name = match key {
            CqlType::Text | CqlType::Ascii => Value::String(name.clone()),
            // What is no text stands in the name as JSON.
            _ => serde_json::from_str(name).unwrap_or_else(|_| Value::String(name.clone())),
        };
        let (Some(name), Some(value)) = (from_json(key, &name)?, from_json(element, value)?) else {
            return Err("Invalid null value in map".to_owned());
        };
        pairs.push((name, value));
    }
    pairs.sort_by_cached_key(|(name, _)| comparable(key, name));
    let flat = pairs.iter().flat_map(|(name, value)| [name.as_slice(), value.as_slice()]);
    Ok(write_collection(pairs.len(), flat))
}

/// Types that take an empty text for a value without bytes.
fn may_be_empty(ty: &CqlType) -> bool {
    use CqlType::{Blob, Boolean, Custom, Date, Time, VarInt};
    !matches!(ty, Blob | Boolean | Custom(_) | Date | Time | VarInt)
}

fn scalar(ty: &CqlType, json: &Value) -> Result<Vec<u8>, String> {
    if json == "" && may_be_empty(ty) {
        return Ok(Vec::new());
    }
    let literal = match (json, ty) {
        (Value::Bool(value), _) => Literal::Boolean(*value),
        (Value::Number(number), _) if number.is_f64() => Literal::Float(number.to_string()),
        (Value::Number(number), _) => Literal::Integer(number.to_string()),
        (Value::String(text), CqlType::Blob | CqlType::Custom(_)) => {
            match text.strip_prefix("0x") {
                Some(digits) => Literal::Blob(digits.to_owned()),
                None => {
                    return Err(format!(
                        "String representation of blob is missing 0x prefix: {text}"
                    ));
                }
            }
        }
        (Value::String(text), CqlType::Uuid | CqlType::TimeUuid) => Literal::Uuid(text.clone()),
        (Value::String(text), CqlType::Duration) => Literal::Duration(text.clone()),
        (Value::String(text), CqlType::Boolean) => match text.to_lowercase().as_str() {
            "true" => Literal::Boolean(true),
            "false" | "" => Literal::Boolean(false),
            _ => return Err(format!("Unable to make boolean from '{text}'")),
        },
        (
            Value::String(text),
            CqlType::Text
            | CqlType::Ascii
            | CqlType::Inet
            | CqlType::Date
            | CqlType::Time
            | CqlType::Timestamp,
        ) => Literal::String(text.clone()),
        (Value::String(text), CqlType::Double | CqlType::Float | CqlType::Decimal) => {
            Literal::Float(text.clone())
        }
        (Value::String(text), _) => Literal::Integer(text.clone()),
        _ => {
            return Err(format!(
                "Expected a {} value, but got a {}: {}",
                kind_of(ty),
                java_class(json),
                shown(json)
            ));
        }
    };
    encode_literal(&literal, ty).map_err(|mismatch| match mismatch {
        LiteralMismatch::Text => format!("Unable to make {ty} from '{}'", literal.text()),
        LiteralMismatch::Kind => {
            format!("Expected {}, but got a {}: {}", article(ty), java_class(json), shown(json))
        }
    })
}

fn article(ty: &CqlType) -> String {
    match ty {
        CqlType::Text => "a UTF-8 string".to_owned(),
        CqlType::Ascii => "an ascii string".to_owned(),
        _ => format!("a {} value", kind_of(ty)),
    }
}

fn kind_of(ty: &CqlType) -> String {
    match ty {
        CqlType::List(_) => "list".to_owned(),
        CqlType::Set(_) => "set".to_owned(),
        CqlType::Map(..) => "map".to_owned(),
        other => other.to_string(),
    }
}

fn java_class(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Double",
        Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => {
            "Integer"
        }
        Value::Number(_) => "Long",
        Value::String(_) => "String",
        Value::Array(_) => "ArrayList",
        Value::Object(_) => "LinkedHashMap",
    }
}

fn shown(json: &Value) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn comparable(ty: &CqlType, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write_byte_comparable(ty, value, false, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_from_its_json() {
        let ty = CqlType::Map(
            Box::new(CqlType::Int),
            Box::new(CqlType::Tuple(vec![CqlType::Text, CqlType::Set(Box::new(CqlType::Date))])),
        );
        let json =
            "{\"-1\": [\"a \\\"b\\\"\", [\"2024-01-01\", \"2024-01-02\"]], \"2\": [null, null]}";
        let value = from_json(&ty, &serde_json::from_str(json).unwrap()).unwrap().unwrap();
        assert_eq!(to_json(&ty, Some(&value)), json);
    }

    #[test]
    fn json_of_another_kind_is_refused() {
        for (ty, json) in [
            (CqlType::Int, "\"a\""),
            (CqlType::Text, "1"),
            (CqlType::List(Box::new(CqlType::Int)), "{}"),
            (CqlType::List(Box::new(CqlType::Int)), "[null]"),
            (CqlType::Blob, "\"cafe\""),
            (CqlType::Tuple(vec![CqlType::Int]), "[1, 2]"),
        ] {
            assert!(from_json(&ty, &serde_json::from_str(json).unwrap()).is_err(), "{ty} {json}");
        }
    }
}

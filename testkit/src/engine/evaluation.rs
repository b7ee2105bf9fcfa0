//! The values of terms, once the markers have theirs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use helenus_protocol::{Cell, CqlType};

use super::term::{Bindings, PlannedTerm};
use crate::query_error::QueryError;
use crate::value::{
    Collection, collection_elements, from_json, plain_name, validate, write_byte_comparable,
    write_collection, write_element, write_vector_element,
};

/// A term's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Evaluated<'a> {
    Value(Cow<'a, [u8]>),
    Null,
    /// The column is to be left as it is.
    Unset,
}

impl<'a> Evaluated<'a> {
    fn of(value: Option<Vec<u8>>) -> Self {
        value.map_or(Self::Null, |value| Self::Value(Cow::Owned(value)))
    }

    /// The value, where an unset one is null.
    pub(super) fn into_option(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Value(value) => Some(value),
            Self::Null | Self::Unset => None,
        }
    }
}

impl PlannedTerm {
    pub(super) fn evaluate<'a>(
        &'a self,
        bindings: &Bindings<'a>,
    ) -> Result<Evaluated<'a>, QueryError> {
        let value = match self {
            Self::Constant(Some(value)) => return Ok(Evaluated::Value(Cow::Borrowed(value))),
            Self::Constant(None) => return Ok(Evaluated::Null),
            Self::Marker { index, name, ty } => {
                return bound(bindings.values.get(*index), name, ty);
            }
            Self::List(elements) => {
                let elements = evaluate_all(elements, bindings)?;
                write_collection(elements.len(), elements.iter().map(AsRef::as_ref))
            }
            Self::Set { element, elements } => {
                let mut elements = evaluate_all(elements, bindings)?;
                elements.sort_by_cached_key(|value| comparable(element, value));
                elements.dedup();
                write_collection(elements.len(), elements.iter().map(AsRef::as_ref))
            }
            Self::Map { key, entries } => evaluate_map(key, entries, bindings)?,
            Self::Tuple(elements) => {
                let mut tuple = Vec::new();
                for element in elements {
                    match element.evaluate(bindings)? {
                        Evaluated::Value(value) => write_element(Some(&value), &mut tuple),
                        Evaluated::Null => write_element(None, &mut tuple),
                        Evaluated::Unset => {
                            return Err(QueryError::invalid("Invalid unset value for tuple field"));
                        }
                    }
                }
                tuple
            }
            Self::Vector { element, elements } => {
                let mut vector = Vec::new();
                for value in evaluate_all(elements, bindings)? {
                    if value.is_empty() && element.fixed_size().is_some() {
                        return Err(QueryError::invalid("null is not supported inside vectors"));
                    }
                    write_vector_element(element, &value, &mut vector);
                }
                vector
            }
            Self::Function { name, function, arguments } => {
                let mut values = Vec::with_capacity(arguments.len());
                for (ty, term) in arguments {
                    let value = match term.evaluate(bindings)? {
                        Evaluated::Unset => {
                            return Err(QueryError::Invalid(format!(
                                "Invalid unset value for argument in call to function {name}"
                            )));
                        }
                        value => value.into_option(),
                    };
                    values.push((ty, value));
                }
                return function.evaluate(&values, bindings.clock).map(Evaluated::of);
            }
            Self::JsonField { json, column, ty, default_unset } => {
                return json_field(json, column, ty, *default_unset, bindings);
            }
        };
        Ok(Evaluated::Value(Cow::Owned(value)))
    }
}

fn json_field<'a>(
    json: &PlannedTerm,
    column: &str,
    ty: &CqlType,
    default_unset: bool,
    bindings: &Bindings<'_>,
) -> Result<Evaluated<'a>, QueryError> {
    let fields = json_fields(json, bindings)?;
    match fields.get(column) {
        None if default_unset => Ok(Evaluated::Unset),
        None => Ok(Evaluated::Null),
        Some(value) => from_json(ty, value).map(Evaluated::of).map_err(|problem| {
            QueryError::Invalid(format!("Error decoding JSON value for {column}: {problem}"))
        }),
    }
}

/// The columns that a JSON text gives values to.
pub(super) fn json_fields(
    json: &PlannedTerm,
    bindings: &Bindings<'_>,
) -> Result<BTreeMap<String, serde_json::Value>, QueryError> {
    let Evaluated::Value(text) = json.evaluate(bindings)? else {
        return Err(QueryError::invalid("Got null for INSERT JSON values"));
    };
    let text = String::from_utf8_lossy(&text);
    match serde_json::from_str(&text) {
        Ok(serde_json::Value::Object(fields)) => {
            Ok(fields.into_iter().map(|(name, value)| (plain_name(&name), value)).collect())
        }
        Ok(serde_json::Value::Null) => Err(QueryError::invalid("Got null for INSERT JSON values")),
        Ok(_) | Err(_) => Err(QueryError::Invalid(format!(
            "Could not decode JSON string as a map: {text}. (String was: {text})"
        ))),
    }
}

fn bound<'a>(
    cell: Option<&Cell<'a>>,
    name: &str,
    ty: &CqlType,
) -> Result<Evaluated<'a>, QueryError> {
    match cell {
        Some(Cell::Value(value)) => match validate(ty, value) {
            Ok(()) => Ok(Evaluated::Value(as_written(ty, value))),
            Err(problem) => Err(QueryError::Invalid(problem)),
        },
        Some(Cell::Null) => Ok(Evaluated::Null),
        Some(Cell::Unset) => Ok(Evaluated::Unset),
        None => {
            Err(QueryError::Invalid(format!("Invalid amount of bind variables: none for {name}")))
        }
    }
}

/// A value as the server writes it: sets and maps in order, and of two alike the last; fields of user-defined
/// types with one null for all.
fn as_written<'a>(ty: &CqlType, value: &'a [u8]) -> Cow<'a, [u8]> {
    match ty {
        CqlType::Set(element) => {
            let elements = collection_elements(Collection::Elements, value).flatten();
            let sorted: BTreeMap<_, _> =
                elements.map(|item| (comparable(element, item), item)).collect();
            Cow::Owned(write_collection(sorted.len(), sorted.into_values()))
        }
        CqlType::Map(key, _) => {
            let items: Vec<_> = collection_elements(Collection::Pairs, value).flatten().collect();
            let pairs = items.chunks_exact(2).map(|pair| (comparable(key, pair[0]), pair));
            let sorted: BTreeMap<_, _> = pairs.collect();
            Cow::Owned(write_collection(sorted.len(), sorted.into_values().flatten().copied()))
        }
        CqlType::Udt(_) => {
            let mut written = Vec::with_capacity(value.len());
            for part in collection_elements(Collection::Tuple, value) {
                write_element(part, &mut written);
            }
            Cow::Owned(written)
        }
        _ => Cow::Borrowed(value),
    }
}

fn evaluate_all<'a>(
    elements: &'a [PlannedTerm],
    bindings: &Bindings<'a>,
) -> Result<Vec<Cow<'a, [u8]>>, QueryError> {
    elements.iter().map(|element| evaluate_element(element, bindings)).collect()
}

fn evaluate_element<'a>(
    element: &'a PlannedTerm,
    bindings: &Bindings<'a>,
) -> Result<Cow<'a, [u8]>, QueryError> {
    match element.evaluate(bindings)? {
        Evaluated::Value(value) => Ok(value),
        Evaluated::Null => Err(QueryError::invalid("null is not supported inside collections")),
        Evaluated::Unset => {
            Err(QueryError::invalid("unset value is not supported inside collections"))
        }
    }
}

/// A map's entries by key; of two with one key the last counts.
fn evaluate_map(
    key_type: &CqlType,
    entries: &[(PlannedTerm, PlannedTerm)],
    bindings: &Bindings<'_>,
) -> Result<Vec<u8>, QueryError> {
    let mut sorted = BTreeMap::new();
    for (key, value) in entries {
        let key = evaluate_element(key, bindings)?;
        sorted.insert(comparable(key_type, &key), (key, evaluate_element(value, bindings)?));
    }
    let flat = sorted.values().flat_map(|(key, value)| [key.as_ref(), value.as_ref()]);
    Ok(write_collection(sorted.len(), flat))
}

pub(super) fn comparable(ty: &CqlType, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 3);
    write_byte_comparable(ty, value, false, &mut out);
    out
}

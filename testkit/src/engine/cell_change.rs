//! What an operation writes to a column, with its values.

use std::borrow::Cow;

use helenus_protocol::CqlType;

use super::clock::Clock;
use super::evaluation::{Evaluated, comparable};
use super::operation::PlannedOperation;
use super::row_view::field_path;
use super::term::{Bindings, PlannedTerm};
use crate::query_error::QueryError;
use crate::schema::{Column, ColumnKind};
use crate::storage::{
    CellChange, Clustering, ElementChange, Elements, PartitionKey, Slot, TableData,
};
use crate::value::{Collection, collection_elements};

/// The row that is written, and what is there already if the operation has to know.
pub(super) struct Target<'a> {
    pub(super) key: &'a PartitionKey,
    pub(super) clustering: Option<&'a Clustering>,
    pub(super) data: Option<&'a TableData>,
}

impl<'a> Target<'a> {
    /// The elements that a column has.
    fn elements(&self, column: &Column, now: u32) -> Option<&'a Elements> {
        let (_, partition) = self.data?.partition(self.key)?;
        let row = match column.kind {
            ColumnKind::Static => partition.static_row(),
            _ => partition.row(&self.clustering?.order)?,
        };
        match row.slot(column.slot, now)? {
            Slot::Elements(elements) => Some(elements),
            Slot::Nothing | Slot::Cell(_) => None,
        }
    }
}

/// The new state of a column; `None` to leave it as it is.
pub(super) fn cell_change(
    column: &Column,
    operation: &PlannedOperation,
    bindings: &Bindings<'_>,
    target: &Target<'_>,
) -> Result<Option<CellChange>, QueryError> {
    let evaluate = |term: &'_ PlannedTerm| -> Result<Evaluated<'static>, QueryError> {
        Ok(match term.evaluate(bindings)? {
            Evaluated::Value(value) => Evaluated::Value(Cow::Owned(value.into_owned())),
            Evaluated::Null => Evaluated::Null,
            Evaluated::Unset => Evaluated::Unset,
        })
    };
    let changes = match operation {
        PlannedOperation::Delete => return Ok(Some(CellChange::Delete)),
        PlannedOperation::Set(term) => {
            return Ok(match term.evaluate(bindings)? {
                Evaluated::Unset => None,
                Evaluated::Null => Some(CellChange::Delete),
                Evaluated::Value(value) if column.data_type.is_multi_cell() => {
                    let changes = elements_of(column, &value, bindings.clock, false);
                    Some(CellChange::Elements { replaces: true, changes })
                }
                Evaluated::Value(Cow::Owned(value)) => Some(CellChange::Set(value.into())),
                Evaluated::Value(Cow::Borrowed(value)) => Some(CellChange::Set(value.into())),
            });
        }
        PlannedOperation::Count { delta, negative } => {
            let delta = counter_delta(delta, bindings)?;
            return Ok(delta.map(|delta| {
                CellChange::Add(if *negative { delta.wrapping_neg() } else { delta })
            }));
        }
        PlannedOperation::Append(term) | PlannedOperation::Prepend(term) => {
            let is_first = matches!(operation, PlannedOperation::Prepend(_));
            match evaluate(term)? {
                Evaluated::Value(value) => elements_of(column, &value, bindings.clock, is_first),
                Evaluated::Null | Evaluated::Unset => return Ok(None),
            }
        }
        PlannedOperation::Discard(term) => match evaluate(term)? {
            Evaluated::Value(value) => discarded(column, &value, target, bindings.now),
            Evaluated::Null | Evaluated::Unset => return Ok(None),
        },
        PlannedOperation::SetElement { key, value } => {
            let key = match (evaluate(key)?, &column.ty) {
                (Evaluated::Value(key), _) => key,
                (Evaluated::Null, _) => return Err(bad_key(column, "null")),
                (Evaluated::Unset, CqlType::List(_)) if value.is_none() => return Ok(None),
                // Cassandra takes it for an element without bytes.
                (Evaluated::Unset, CqlType::Set(_)) => Cow::Borrowed(&[][..]),
                (Evaluated::Unset, _) => return Err(bad_key(column, "unset")),
            };
            let value = value.as_ref().map(evaluate).transpose()?;
            let is_unset = value == Some(Evaluated::Unset);
            let value = value.and_then(Evaluated::into_option).map(|value| Box::from(&*value));
            // A list has to have the element even where nothing is to be done with it.
            let changes = set_element(column, &key, value, target, bindings.now)?;
            if is_unset {
                return Ok(None);
            }
            changes
        }
        PlannedOperation::SetField { field, value } => {
            let value = match value.as_ref().map(evaluate).transpose()? {
                Some(Evaluated::Unset) => return Ok(None),
                Some(Evaluated::Value(value)) => Some(Box::from(&*value)),
                Some(Evaluated::Null) | None => None,
            };
            let path = field_path(*field);
            vec![ElementChange { order: path.into(), path: path.into(), value }]
        }
    };
    Ok(Some(CellChange::Elements { replaces: false, changes }))
}

fn bad_key(column: &Column, what: &str) -> QueryError {
    let key = match column.ty {
        CqlType::List(_) => "list index",
        CqlType::Set(_) => "set element",
        _ => "map key",
    };
    QueryError::Invalid(format!("Invalid {what} value for {key}"))
}

/// The elements of a value that was given as a whole.
fn elements_of(column: &Column, value: &[u8], clock: &Clock, is_first: bool) -> Vec<ElementChange> {
    let keyed = |ty: &CqlType, path: &[u8], value: &[u8]| ElementChange {
        order: comparable(ty, path).into(),
        path: path.into(),
        value: Some(value.into()),
    };
    match &column.ty {
        CqlType::Set(element) => collection_elements(Collection::Elements, value)
            .flatten()
            .map(|item| keyed(element, item, &[]))
            .collect(),
        CqlType::Map(key, _) => {
            let items: Vec<_> = collection_elements(Collection::Pairs, value).flatten().collect();
            items.chunks_exact(2).map(|pair| keyed(key, pair[0], pair[1])).collect()
        }
        CqlType::Udt(_) => collection_elements(Collection::Tuple, value)
            .enumerate()
            .map(|(index, field)| {
                let path = field_path(index);
                ElementChange {
                    order: path.into(),
                    path: path.into(),
                    value: field.map(Into::into),
                }
            })
            .collect(),
        _ => {
            let items: Vec<_> =
                collection_elements(Collection::Elements, value).flatten().collect();
            let places = clock.list_places(items.len(), is_first);
            let element = |(item, place): (&&[u8], [u8; 8])| ElementChange {
                order: place.into(),
                path: place.into(),
                value: Some((**item).into()),
            };
            items.iter().zip(places).map(element).collect()
        }
    }
}

/// Deletions of a set's elements, a map's keys, or every occurrence in a list.
fn discarded(column: &Column, value: &[u8], target: &Target<'_>, now: u32) -> Vec<ElementChange> {
    let items: Vec<_> = collection_elements(Collection::Elements, value).flatten().collect();
    let (CqlType::Set(key) | CqlType::Map(key, _)) = &column.ty else {
        let Some(elements) = target.elements(column, now) else {
            return Vec::new();
        };
        return elements
            .live(now)
            .filter(|(_, element)| {
                element.cell.value.as_deref().is_some_and(|value| items.contains(&value))
            })
            .map(|(order, element)| ElementChange {
                order: order.into(),
                path: element.path.clone(),
                value: None,
            })
            .collect();
    };
    items
        .iter()
        .map(|item| ElementChange {
            order: comparable(key, item).into(),
            path: (*item).into(),
            value: None,
        })
        .collect()
}

fn set_element(
    column: &Column,
    key: &[u8],
    value: Option<Box<[u8]>>,
    target: &Target<'_>,
    now: u32,
) -> Result<Vec<ElementChange>, QueryError> {
    if let CqlType::Set(key_type) | CqlType::Map(key_type, _) = &column.ty {
        let order = comparable(key_type, key).into();
        return Ok(vec![ElementChange { order, path: key.into(), value }]);
    }
    let index = key.try_into().map(i32::from_be_bytes).unwrap_or(-1);
    let what = if value.is_some() { "set" } else { "delete" };
    let Some(elements) = target.elements(column, now) else {
        return Err(QueryError::Invalid(format!(
            "Attempted to {what} an element {} a list which is null",
            if what == "set" { "on" } else { "from" }
        )));
    };
    let live: Vec<_> = elements.live(now).collect();
    let found = usize::try_from(index).ok().and_then(|index| live.get(index));
    let Some((order, element)) = found else {
        return Err(QueryError::Invalid(format!(
            "List index {index} out of bound, list has size {}",
            live.len()
        )));
    };
    Ok(vec![ElementChange { order: (*order).into(), path: element.path.clone(), value }])
}

fn counter_delta(term: &PlannedTerm, bindings: &Bindings<'_>) -> Result<Option<i64>, QueryError> {
    let null = || QueryError::invalid("Invalid null value for counter increment/decrement");
    match term.evaluate(bindings)? {
        Evaluated::Unset => Ok(None),
        Evaluated::Null => Err(null()),
        Evaluated::Value(value) => {
            value.as_ref().try_into().map(|b| Some(i64::from_be_bytes(b))).map_err(|_| null())
        }
    }
}

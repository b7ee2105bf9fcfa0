//! What a SELECT shows of each row.

use std::borrow::Cow;

use helenus_protocol::CqlType;

use super::aggregate::Aggregate;
use super::condition::element;
use super::evaluation::{Evaluated, comparable};
use super::function::Function;
use super::row_filter::key_type;
use super::row_view::RowView;
use super::term::{Bindings, PlannedTerm};
use crate::query_error::QueryError;
use crate::schema::Table;
use crate::storage::{Cell, Elements, Lifetime};
use crate::value::{Collection, collection_elements, write_collection};

#[derive(Debug)]
pub(super) enum PlannedSelector {
    Column(usize),
    WriteTime(CellPart),
    Ttl(CellPart),
    Term(PlannedTerm),
    Function {
        function: Function,
        arguments: Vec<(CqlType, PlannedSelector)>,
    },
    /// `a[key]`, of a value of this type.
    Element {
        of: Box<PlannedSelector>,
        ty: CqlType,
        key: PlannedTerm,
    },
    /// `a[from..to]`
    Slice {
        of: Box<PlannedSelector>,
        ty: CqlType,
        from: Option<PlannedTerm>,
        to: Option<PlannedTerm>,
    },
    /// `a.field`, by its number.
    Field {
        of: Box<PlannedSelector>,
        field: usize,
    },
    Aggregate {
        aggregate: Aggregate,
        argument: Option<(CqlType, Box<PlannedSelector>)>,
    },
}

/// The cells whose time is asked for.
#[derive(Debug)]
pub(super) struct CellPart {
    pub(super) column: usize,
    pub(super) key: Option<PlannedTerm>,
    pub(super) field: Option<usize>,
    /// The greatest of all.
    pub(super) is_greatest: bool,
}

/// What a selector has of a row to look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'s, 'a> {
    pub(super) view: &'s RowView<'a>,
    pub(super) bindings: &'s Bindings<'s>,
    /// What the aggregates of a group came to, in the order in which they are met.
    pub(super) aggregates: Option<&'s [Option<Vec<u8>>]>,
}

type Value<'a> = Option<Cow<'a, [u8]>>;

impl PlannedSelector {
    pub(super) fn is_aggregate(&self) -> bool {
        match self {
            Self::Aggregate { .. } => true,
            Self::Function { arguments, .. } => {
                arguments.iter().any(|(_, argument)| argument.is_aggregate())
            }
            Self::Element { of, .. } | Self::Slice { of, .. } | Self::Field { of, .. } => {
                of.is_aggregate()
            }
            _ => false,
        }
    }

    /// The columns that it looks at.
    pub(super) fn columns(&self, found: &mut Vec<usize>) {
        match self {
            Self::Column(column) => found.push(*column),
            Self::WriteTime(part) | Self::Ttl(part) => found.push(part.column),
            Self::Function { arguments, .. } => {
                arguments.iter().for_each(|(_, argument)| argument.columns(found));
            }
            Self::Element { of, .. } | Self::Slice { of, .. } | Self::Field { of, .. } => {
                of.columns(found);
            }
            Self::Aggregate { argument: Some((_, argument)), .. } => argument.columns(found),
            Self::Aggregate { argument: None, .. } | Self::Term(_) => {}
        }
    }

    /// The aggregates inside, in the order in which they are met.
    pub(super) fn aggregates<'p>(&'p self, found: &mut Vec<&'p Self>) {
        match self {
            Self::Aggregate { .. } => found.push(self),
            Self::Function { arguments, .. } => {
                arguments.iter().for_each(|(_, argument)| argument.aggregates(found));
            }
            Self::Element { of, .. } | Self::Slice { of, .. } | Self::Field { of, .. } => {
                of.aggregates(found);
            }
            _ => {}
        }
    }

    /// Whether its markers have values that it can do with.
    pub(super) fn check(&self, table: &Table, bindings: &Bindings<'_>) -> Result<(), QueryError> {
        match self {
            Self::Function { arguments, .. } => arguments.iter().try_for_each(|(_, argument)| {
                if let Self::Term(term) = argument
                    && term.evaluate(bindings)? == Evaluated::Unset
                {
                    return Err(QueryError::invalid(
                        "Invalid unset value for argument in call to function",
                    ));
                }
                argument.check(table, bindings)
            }),
            Self::Element { of, key, .. } => {
                let what = match key.evaluate(bindings)? {
                    Evaluated::Value(_) => return of.check(table, bindings),
                    Evaluated::Null => "null",
                    Evaluated::Unset => "unset",
                };
                let of = match **of {
                    Self::Column(column) => &*table.columns[column].name,
                    _ => "a value",
                };
                Err(QueryError::Invalid(format!(
                    "Invalid {what} value for element selection on {of}"
                )))
            }
            Self::Slice { of, .. } | Self::Field { of, .. } => of.check(table, bindings),
            Self::Aggregate { argument: Some((_, argument)), .. } => {
                argument.check(table, bindings)
            }
            _ => Ok(()),
        }
    }

    /// Its value for one row; `next` counts the aggregates that were met.
    pub(super) fn evaluate<'a>(
        &self,
        source: Source<'_, 'a>,
        next: &mut usize,
    ) -> Result<Value<'a>, QueryError> {
        let view = source.view;
        Ok(match self {
            Self::Column(column) => view.value(*column),
            Self::WriteTime(part) => part.write_time(view, source.bindings)?.map(Cow::Owned),
            Self::Ttl(part) => part.ttl(view, source.bindings)?.map(Cow::Owned),
            Self::Term(term) => match term.evaluate(source.bindings)? {
                // A value without bytes stands for one that is not set.
                Evaluated::Unset => Some(Cow::Borrowed(&[][..])),
                value => owned(value).map(Cow::Owned),
            },
            Self::Function { function, arguments } => {
                let mut values = Vec::with_capacity(arguments.len());
                for (ty, selector) in arguments {
                    values.push((ty, selector.evaluate(source, next)?));
                }
                function.evaluate(&values, source.bindings.clock)?.map(Cow::Owned)
            }
            Self::Element { of, ty, key } => {
                let key = owned(key.evaluate(source.bindings)?);
                let whole = of.evaluate(source, next)?;
                match (whole, key) {
                    (Some(whole), Some(key)) => part_of(ty, &whole, &key).map(Cow::Owned),
                    _ => None,
                }
            }
            Self::Slice { of, ty, from, to } => {
                let Some(whole) = of.evaluate(source, next)? else {
                    return Ok(None);
                };
                let bound = |term: &'_ Option<PlannedTerm>| match term {
                    Some(term) => term.evaluate(source.bindings).map(owned),
                    None => Ok(None),
                };
                slice(ty, &whole, bound(from)?.as_deref(), bound(to)?.as_deref()).map(Cow::Owned)
            }
            Self::Field { of, field } => of.evaluate(source, next)?.and_then(|whole| {
                let found = collection_elements(Collection::Tuple, &whole).nth(*field).flatten();
                found.map(|field| Cow::Owned(field.to_vec()))
            }),
            Self::Aggregate { .. } => {
                let value = source.aggregates.and_then(|values| values.get(*next)).cloned();
                *next += 1;
                value.flatten().map(Cow::Owned)
            }
        })
    }
}

fn owned(value: Evaluated<'_>) -> Option<Vec<u8>> {
    value.into_option().map(Cow::into_owned)
}

fn part_of(ty: &CqlType, whole: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    if let CqlType::Set(element_type) = ty {
        let wanted = comparable(element_type, key);
        return collection_elements(Collection::Elements, whole)
            .flatten()
            .find(|item| comparable(element_type, item) == wanted)
            .map(<[u8]>::to_vec);
    }
    element(ty, whole, key)
}

/// The elements of a set, or the entries of a map, between two bounds, which belong to it.
fn slice(ty: &CqlType, whole: &[u8], from: Option<&[u8]>, to: Option<&[u8]>) -> Option<Vec<u8>> {
    let (layout, key, step) = match ty {
        CqlType::Map(key, _) => (Collection::Pairs, &**key, 2),
        CqlType::Set(element) => (Collection::Elements, &**element, 1),
        _ => return None,
    };
    let (from, to) = (from.map(|key_| comparable(key, key_)), to.map(|key_| comparable(key, key_)));
    let items: Vec<_> = collection_elements(layout, whole).flatten().collect();
    let within = |entry: &&[&[u8]]| {
        let order = comparable(key, entry[0]);
        from.as_ref().is_none_or(|from| order >= *from) && to.as_ref().is_none_or(|to| order <= *to)
    };
    let entries: Vec<_> = items.chunks_exact(step).filter(within).collect();
    if entries.is_empty() {
        return None;
    }
    Some(write_collection(entries.len(), entries.iter().copied().flatten().copied()))
}

impl CellPart {
    fn write_time(
        &self,
        view: &RowView<'_>,
        bindings: &Bindings<'_>,
    ) -> Result<Option<Vec<u8>>, QueryError> {
        let time = |cell: &Cell| Some(cell.timestamp.to_be_bytes().to_vec());
        self.of_cells(view, bindings, &time)
    }

    fn ttl(
        &self,
        view: &RowView<'_>,
        bindings: &Bindings<'_>,
    ) -> Result<Option<Vec<u8>>, QueryError> {
        let now = view.now;
        let left =
            |lifetime: Lifetime| lifetime.remaining(now).map(|ttl| ttl.to_be_bytes().to_vec());
        self.of_cells(view, bindings, &|cell: &Cell| left(cell.lifetime))
    }

    fn of_cells(
        &self,
        view: &RowView<'_>,
        bindings: &Bindings<'_>,
        time: &dyn Fn(&Cell) -> Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, QueryError> {
        if let Some(cell) = view.cell(self.column) {
            return Ok(time(cell));
        }
        let Some(elements) = view.elements(self.column) else {
            return Ok(None);
        };
        if let Some(field) = self.field {
            let path = super::row_view::field_path(field);
            return Ok(elements.get(&path, view.now).and_then(time));
        }
        if let Some(key) = &self.key {
            let ty = &view.table.columns[self.column].ty;
            let key_type = match ty {
                CqlType::Set(element) => element,
                _ => key_type(ty),
            };
            let key = owned(key.evaluate(bindings)?);
            let found = key
                .and_then(|key| elements.get(&comparable(key_type, &key), view.now).and_then(time));
            return Ok(found);
        }
        let times = self.of_all(view, elements, time);
        if self.is_greatest {
            return Ok(times.into_iter().flatten().max());
        }
        let mut list = i32::try_from(times.len()).unwrap_or(i32::MAX).to_be_bytes().to_vec();
        for time in times {
            crate::value::write_element(time.as_deref(), &mut list);
        }
        Ok(Some(list))
    }

    /// The time of every element; of a user-defined type, of every field, whether it has a value or not.
    fn of_all(
        &self,
        view: &RowView<'_>,
        elements: &Elements,
        time: &dyn Fn(&Cell) -> Option<Vec<u8>>,
    ) -> Vec<Option<Vec<u8>>> {
        match &view.table.columns[self.column].ty {
            CqlType::Udt(udt) => (0..udt.fields.len())
                .map(|field| {
                    let path = super::row_view::field_path(field);
                    elements.get(&path, view.now).and_then(time)
                })
                .collect(),
            _ => elements.live(view.now).map(|(_, element)| time(&element.cell)).collect(),
        }
    }
}

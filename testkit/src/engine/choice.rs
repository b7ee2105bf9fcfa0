//! The values that a column, or several together, may have: one behind `=`, several behind `IN`.

use std::borrow::Cow;

use helenus_protocol::CqlType;

use super::evaluation::Evaluated;
use super::planner::Planner;
use super::term::{Bindings, PlannedTerm, Receiver};
use crate::cql::ast::RelationValue;
use crate::query_error::QueryError;
use crate::value::{Collection, collection_elements};

#[derive(Debug)]
pub(super) struct Choice {
    column: String,
    /// How many columns it is about.
    width: usize,
    /// The values are tuples of the columns' values.
    is_tuple: bool,
    terms: Terms,
}

#[derive(Debug)]
enum Terms {
    One(PlannedTerm),
    Listed(Vec<PlannedTerm>),
    /// `IN ?`: a marker that stands for a list.
    List(PlannedTerm),
}

/// A value for each of a choice's columns.
pub(super) type Components<'a> = Vec<Cow<'a, [u8]>>;

impl Choice {
    pub(super) fn plan(
        planner: &mut Planner<'_>,
        value: &RelationValue,
        receiver: Receiver<'_>,
    ) -> Result<Self, QueryError> {
        let terms = match value {
            RelationValue::One(term) => Terms::One(planner.term(term, receiver)?),
            RelationValue::List(terms) => Terms::Listed(
                terms.iter().map(|term| planner.term(term, receiver)).collect::<Result<_, _>>()?,
            ),
            RelationValue::ListMarker(marker) => {
                let columns = receiver.name.trim_start_matches('(').trim_end_matches(')');
                let name = format!("in({columns})");
                let ty = CqlType::List(Box::new(receiver.ty.clone()));
                planner.bind(*marker, receiver.table, &name, &ty);
                Terms::List(PlannedTerm::Marker { index: *marker, name, ty })
            }
        };
        Ok(Self { column: receiver.name.to_owned(), width: 1, is_tuple: false, terms })
    }

    /// The choice as one for so many columns, whose values are tuples.
    pub(super) fn of_columns(self, width: usize) -> Self {
        Self { width, is_tuple: true, ..self }
    }

    /// A column that has one value only.
    pub(super) fn one(column: &str, term: PlannedTerm) -> Self {
        Self { column: column.to_owned(), width: 1, is_tuple: false, terms: Terms::One(term) }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The last marker that gives a value, if markers do.
    pub(super) fn marker(&self) -> Option<usize> {
        match &self.terms {
            Terms::One(term) => term.marker(),
            Terms::Listed(terms) => terms.iter().rev().find_map(PlannedTerm::marker),
            Terms::List(_) => None,
        }
    }

    /// Whether it names exactly one value.
    pub(super) fn is_one(&self) -> bool {
        matches!(self.terms, Terms::One(_))
    }

    pub(super) fn values<'a>(
        &'a self,
        bindings: &Bindings<'a>,
    ) -> Result<Vec<Cow<'a, [u8]>>, QueryError> {
        match &self.terms {
            Terms::One(term) => Ok(vec![self.value(term, bindings)?]),
            Terms::Listed(terms) => terms.iter().map(|term| self.value(term, bindings)).collect(),
            Terms::List(term) => {
                let list = self.value(term, bindings)?;
                let elements = collection_elements(Collection::Elements, &list);
                elements
                    .map(|element| {
                        element.map(|bytes| Cow::Owned(bytes.to_vec())).ok_or_else(|| self.null())
                    })
                    .collect()
            }
        }
    }

    /// The values, where null is one of them.
    pub(super) fn nullable_values<'a>(
        &'a self,
        bindings: &Bindings<'a>,
    ) -> Result<Vec<Option<Cow<'a, [u8]>>>, QueryError> {
        match &self.terms {
            Terms::Listed(terms) => {
                terms.iter().map(|term| Ok(term.evaluate(bindings)?.into_option())).collect()
            }
            _ => Ok(self.values(bindings)?.into_iter().map(Some).collect()),
        }
    }

    /// The values, each taken apart into those of the columns.
    pub(super) fn components<'a>(
        &'a self,
        bindings: &Bindings<'a>,
    ) -> Result<Vec<Components<'a>>, QueryError> {
        let values = self.values(bindings)?;
        if !self.is_tuple {
            return Ok(values.into_iter().map(|value| vec![value]).collect());
        }
        // Among several, a tuple without bytes is no row's.
        let tuples = values.iter().filter(|value| self.is_one() || !value.is_empty());
        tuples.map(|value| components(value, self.width, &self.column)).collect()
    }

    fn value<'a>(
        &'a self,
        term: &'a PlannedTerm,
        bindings: &Bindings<'a>,
    ) -> Result<Cow<'a, [u8]>, QueryError> {
        match term.evaluate(bindings)? {
            Evaluated::Value(value) => Ok(value),
            Evaluated::Null => Err(self.null()),
            Evaluated::Unset => {
                Err(QueryError::Invalid(format!("Invalid unset value for column {}", self.column)))
            }
        }
    }

    fn null(&self) -> QueryError {
        QueryError::Invalid(format!("Invalid null value in condition for column {}", self.column))
    }
}

/// The elements of a tuple that stands for several columns.
pub(super) fn components<'a>(
    tuple: &[u8],
    width: usize,
    name: &str,
) -> Result<Components<'a>, QueryError> {
    let elements = collection_elements(Collection::Tuple, tuple).take(width);
    let elements = elements.map(|element| {
        element.map(|bytes| Cow::Owned(bytes.to_vec())).ok_or_else(|| {
            QueryError::Invalid(format!("Invalid null value in condition for column {name}"))
        })
    });
    elements.collect()
}

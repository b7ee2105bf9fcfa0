//! The values that a column may have: one behind `=`, several behind `IN`.

use std::borrow::Cow;

use helenus_protocol::CqlType;

use super::planner::Planner;
use super::term::{Bindings, Evaluated, PlannedTerm, Receiver};
use crate::cql::ast::RelationValue;
use crate::query_error::QueryError;
use crate::value::{Collection, collection_elements};

#[derive(Debug)]
pub(super) struct Choice {
    column: String,
    terms: Terms,
}

#[derive(Debug)]
enum Terms {
    One(PlannedTerm),
    Listed(Vec<PlannedTerm>),
    /// `IN ?`: a marker that stands for a list.
    List(PlannedTerm),
}

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
                let name = format!("in({})", receiver.name);
                let ty = CqlType::List(Box::new(receiver.ty.clone()));
                planner.bind(*marker, receiver.table, &name, &ty);
                Terms::List(PlannedTerm::Marker { index: *marker, name, ty })
            }
        };
        Ok(Self { column: receiver.name.to_owned(), terms })
    }

    /// A column that has one value only.
    pub(super) fn one(column: &str, term: PlannedTerm) -> Self {
        Self { column: column.to_owned(), terms: Terms::One(term) }
    }

    /// The marker that gives the one value, if it is a marker that does.
    pub(super) fn marker(&self) -> Option<usize> {
        match &self.terms {
            Terms::One(term) => term.marker(),
            _ => None,
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

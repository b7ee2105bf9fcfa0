//! What must hold for a conditional modification to be applied.

use super::choice::Choice;
use super::planner::{Planner, column_index};
use super::row_filter::compares;
use super::row_view::RowView;
use super::term::{Bindings, Evaluated, PlannedTerm, Receiver, comparable};
use crate::cql::ast::{Condition, Operator, Relation, RelationTarget, RelationValue};
use crate::query_error::QueryError;
use crate::schema::Table;

#[derive(Debug)]
pub(super) enum PlannedCondition {
    None,
    NotExists,
    Exists,
    Columns(Vec<ColumnCondition>),
}

#[derive(Debug)]
pub(super) struct ColumnCondition {
    pub(super) column: usize,
    operator: Operator,
    wanted: Wanted,
}

#[derive(Debug)]
enum Wanted {
    One(PlannedTerm),
    Any(Choice),
}

impl Planner<'_> {
    pub(super) fn condition(
        &mut self,
        table: &Table,
        condition: &Condition,
    ) -> Result<PlannedCondition, QueryError> {
        Ok(match condition {
            Condition::None => PlannedCondition::None,
            Condition::NotExists => PlannedCondition::NotExists,
            Condition::Exists => PlannedCondition::Exists,
            Condition::Columns(relations) => {
                let planned =
                    relations.iter().map(|relation| self.column_condition(table, relation));
                PlannedCondition::Columns(planned.collect::<Result<_, _>>()?)
            }
        })
    }

    fn column_condition(
        &mut self,
        table: &Table,
        relation: &Relation,
    ) -> Result<ColumnCondition, QueryError> {
        let RelationTarget::Column(name) = &relation.target else {
            return Err(QueryError::invalid("The token function cannot be used in conditions"));
        };
        let index = column_index(table, name)?;
        let column = &table.columns[index];
        if column.is_primary_key() {
            return Err(QueryError::Invalid(format!(
                "PRIMARY KEY column '{name}' cannot have IF conditions"
            )));
        }
        let receiver = Receiver { table, name, ty: &column.ty };
        let wanted = match &relation.value {
            RelationValue::One(term) => Wanted::One(self.term(term, receiver)?),
            several => Wanted::Any(Choice::plan(self, several, receiver)?),
        };
        Ok(ColumnCondition { column: index, operator: relation.operator, wanted })
    }
}

impl PlannedCondition {
    /// Whether it holds of the row, which is `None` in the view where it does not exist.
    pub(super) fn holds(
        &self,
        view: &RowView<'_>,
        exists: bool,
        bindings: &Bindings<'_>,
    ) -> Result<bool, QueryError> {
        match self {
            Self::None => Ok(true),
            Self::NotExists => Ok(!exists),
            Self::Exists => Ok(exists),
            Self::Columns(conditions) => {
                for condition in conditions {
                    if !condition.holds(view, bindings)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// The columns that a refusal shows.
    pub(super) fn columns(&self) -> Vec<usize> {
        match self {
            Self::Columns(conditions) => {
                conditions.iter().map(|condition| condition.column).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl ColumnCondition {
    fn holds(&self, view: &RowView<'_>, bindings: &Bindings<'_>) -> Result<bool, QueryError> {
        let column = &view.table.columns[self.column];
        let found = view.value(self.column).map(|value| comparable(&column.ty, value));
        match &self.wanted {
            Wanted::Any(choice) => {
                let values = choice.values(bindings)?;
                Ok(found.is_some_and(|found| {
                    values.iter().any(|value| found == comparable(&column.ty, value))
                }))
            }
            Wanted::One(term) => match (term.evaluate(bindings)?, found) {
                (Evaluated::Value(wanted), Some(found)) => {
                    Ok(compares(self.operator, &found, &comparable(&column.ty, &wanted)))
                }
                (Evaluated::Value(_), None) => Ok(self.operator == Operator::NotEqual),
                (Evaluated::Null, found) => match self.operator {
                    Operator::Equal => Ok(found.is_none()),
                    Operator::NotEqual => Ok(found.is_some()),
                    other => Err(QueryError::Invalid(format!(
                        "Invalid comparison with null for operator \"{}\"",
                        other.symbol()
                    ))),
                },
                (Evaluated::Unset, _) => Err(QueryError::Invalid(format!(
                    "Invalid 'unset' value in condition for {}",
                    column.name
                ))),
            },
        }
    }
}

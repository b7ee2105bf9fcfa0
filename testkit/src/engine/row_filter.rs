//! The relations that are checked row by row.

use super::restriction::Filter;
use super::row_view::RowView;
use super::term::{Bindings, comparable};
use crate::cql::ast::Operator;
use crate::query_error::QueryError;
use crate::schema::Table;

/// Filters with their values, in byte-comparable form.
#[derive(Debug)]
pub(super) struct RowFilter {
    checks: Vec<Check>,
}

#[derive(Debug)]
struct Check {
    column: usize,
    operator: Operator,
    values: Vec<Vec<u8>>,
}

impl RowFilter {
    pub(super) fn new(
        filters: &[Filter],
        table: &Table,
        bindings: &Bindings<'_>,
    ) -> Result<Self, QueryError> {
        let check = |filter: &Filter| {
            let ty = &table.columns[filter.column].ty;
            let values = filter.choice.values(bindings)?;
            let values = values.iter().map(|value| comparable(ty, value)).collect();
            Ok(Check { column: filter.column, operator: filter.operator, values })
        };
        Ok(Self { checks: filters.iter().map(check).collect::<Result<_, QueryError>>()? })
    }

    pub(super) fn accepts(&self, view: &RowView<'_>) -> bool {
        self.checks.iter().all(|check| check.accepts(view))
    }
}

impl Check {
    fn accepts(&self, view: &RowView<'_>) -> bool {
        let ty = &view.table.columns[self.column].ty;
        view.value(self.column).is_some_and(|value| {
            let found = comparable(ty, value);
            self.values.iter().any(|wanted| compares(self.operator, &found, wanted))
        })
    }
}

/// Whether `found operator wanted` holds of two byte-comparable values.
pub(super) fn compares(operator: Operator, found: &[u8], wanted: &[u8]) -> bool {
    match operator {
        Operator::Equal | Operator::In => found == wanted,
        Operator::NotEqual => found != wanted,
        Operator::Less => found < wanted,
        Operator::LessOrEqual => found <= wanted,
        Operator::Greater => found > wanted,
        Operator::GreaterOrEqual => found >= wanted,
    }
}

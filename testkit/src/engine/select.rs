//! Planning a SELECT.

use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType};

use super::planner::{Planner, column_index};
use super::restriction::{PartitionRestriction, Restrictions, WhereOf};
use super::selector::{self, PlannedSelector};
use super::term::{Bindings, Evaluated, PlannedTerm, Receiver};
use crate::cql::ast::{Ordering, Select, Term};
use crate::query_error::QueryError;
use crate::schema::{ColumnKind, Table};

#[derive(Debug)]
pub(super) struct SelectPlan {
    pub(super) table: Arc<Table>,
    pub(super) selectors: Vec<PlannedSelector>,
    pub(super) columns: Vec<ColumnSpec>,
    pub(super) restrictions: Restrictions,
    pub(super) reversed: bool,
    pub(super) distinct: bool,
    pub(super) limit: Option<PlannedTerm>,
    pub(super) per_partition_limit: Option<PlannedTerm>,
}

impl SelectPlan {
    pub(super) fn is_aggregate(&self) -> bool {
        self.selectors.iter().any(PlannedSelector::is_aggregate)
    }

    /// How many rows are wanted, in all and of each partition; `u32::MAX` is any number.
    pub(super) fn limits(&self, bindings: &Bindings<'_>) -> Result<(u32, u32), QueryError> {
        let limit = limit(self.limit.as_ref(), "LIMIT", bindings)?;
        Ok((limit, limit_of_partition(self.per_partition_limit.as_ref(), bindings)?))
    }
}

fn limit_of_partition(
    term: Option<&PlannedTerm>,
    bindings: &Bindings<'_>,
) -> Result<u32, QueryError> {
    limit(term, "PER PARTITION LIMIT", bindings)
}

fn limit(
    term: Option<&PlannedTerm>,
    name: &str,
    bindings: &Bindings<'_>,
) -> Result<u32, QueryError> {
    let value = match term.map(|term| term.evaluate(bindings)).transpose()? {
        None | Some(Evaluated::Unset) => return Ok(u32::MAX),
        Some(Evaluated::Null) => {
            return Err(QueryError::Invalid(format!("Invalid null value of {name}")));
        }
        Some(Evaluated::Value(value)) => value,
    };
    let number = value.as_ref().try_into().map(i32::from_be_bytes).unwrap_or(0);
    match u32::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(QueryError::Invalid(format!("{name} must be strictly positive"))),
    }
}

impl Planner<'_> {
    pub(super) fn select(&mut self, select: &Select) -> Result<SelectPlan, QueryError> {
        let table = self.table(&select.table)?;
        let (selectors, columns) = selector::plan(&table, &select.selection)?;
        let statement = WhereOf::Select { allow_filtering: select.allow_filtering };
        let restrictions = self.restrictions(&table, &select.relations, statement)?;
        if select.distinct {
            check_distinct(&table, &selectors)?;
        }
        let reversed = reversed(&table, &select.order_by, &restrictions)?;
        let limit = self.limit_term(&table, select.limit.as_ref(), "[limit]")?;
        let per_partition_limit =
            self.limit_term(&table, select.per_partition_limit.as_ref(), "[per_partition_limit]")?;
        Ok(SelectPlan {
            selectors,
            columns,
            restrictions,
            reversed,
            distinct: select.distinct,
            limit,
            per_partition_limit,
            table,
        })
    }

    fn limit_term(
        &mut self,
        table: &Table,
        term: Option<&Term>,
        name: &str,
    ) -> Result<Option<PlannedTerm>, QueryError> {
        term.map(|term| self.term(term, Receiver { table, name, ty: &CqlType::Int })).transpose()
    }
}

fn check_distinct(table: &Table, selectors: &[PlannedSelector]) -> Result<(), QueryError> {
    let allowed = |column: usize| {
        matches!(table.columns[column].kind, ColumnKind::PartitionKey | ColumnKind::Static)
    };
    for selector in selectors {
        if let PlannedSelector::Column(column) = selector
            && !allowed(*column)
        {
            return Err(QueryError::Invalid(format!(
                "SELECT DISTINCT queries must only request partition key columns and/or static columns (not {})",
                table.columns[*column].name
            )));
        }
    }
    Ok(())
}

/// Whether rows come in the opposite of the table's order.
fn reversed(
    table: &Table,
    order_by: &[Ordering],
    restrictions: &Restrictions,
) -> Result<bool, QueryError> {
    let Some(first) = order_by.first() else {
        return Ok(false);
    };
    let PartitionRestriction::Keys(keys) = &restrictions.partition else {
        return Err(QueryError::invalid(
            "ORDER BY is only supported when the partition key is restricted by an EQ or an IN.",
        ));
    };
    if keys.iter().any(|choice| !choice.is_one()) {
        return Err(QueryError::unsupported("ORDER BY with IN on the partition key"));
    }
    let turns = |ordering: &Ordering| -> Result<bool, QueryError> {
        let column = &table.columns[column_index(table, &ordering.column)?];
        match column.kind {
            ColumnKind::Clustering { descending } => Ok(ordering.descending != descending),
            _ => Err(QueryError::Invalid(format!(
                "Order by is currently only supported on the clustered columns of the PRIMARY KEY, got {}",
                ordering.column
            ))),
        }
    };
    let reversed = turns(first)?;
    for (index, ordering) in order_by.iter().enumerate() {
        if turns(ordering)? != reversed {
            return Err(QueryError::invalid("Unsupported order by relation"));
        }
        if table.clustering().get(index).is_none_or(|column| column.name != ordering.column) {
            return Err(QueryError::invalid(
                "Order by currently only supports the ordering of columns following their declared order in the PRIMARY KEY",
            ));
        }
    }
    Ok(reversed)
}

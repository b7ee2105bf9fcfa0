//! Planning a SELECT.

use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType};

use super::evaluation::Evaluated;
use super::function::Similarity;
use super::planner::{Planner, column_index};
use super::read::PageRequest;
use super::restriction::{PartitionRestriction, Restrictions, WhereOf};
use super::selector::PlannedSelector;
use super::term::{Bindings, PlannedTerm, Receiver};
use super::warning;
use crate::cql::ast::{Ordering, Relation, RelationTarget, Select, Term};
use crate::query_error::QueryError;
use crate::schema::{ColumnKind, Table};

/// `ORDER BY column ANN OF wanted`
#[derive(Debug)]
pub(super) struct Near {
    pub(super) column: usize,
    pub(super) wanted: PlannedTerm,
    /// As the column's index measures it.
    pub(super) similarity: Similarity,
}

#[derive(Debug)]
pub(super) struct SelectPlan {
    pub(super) table: Arc<Table>,
    pub(super) selectors: Vec<PlannedSelector>,
    pub(super) columns: Vec<ColumnSpec>,
    pub(super) restrictions: Restrictions,
    pub(super) reversed: bool,
    /// How many clustering columns order the rows of several partitions among each other, if they do.
    pub(super) merges: Option<usize>,
    pub(super) distinct: bool,
    /// The columns of JSON that the row's one column shows.
    pub(super) json: Option<Vec<ColumnSpec>>,
    /// How many columns of the primary key make a group, if rows are grouped.
    pub(super) group_by: Option<usize>,
    /// What rows are to be near.
    pub(super) near: Option<Near>,
    pub(super) limit: Option<PlannedTerm>,
    pub(super) per_partition_limit: Option<PlannedTerm>,
    /// What the client is to be told whatever the rows are.
    pub(super) warning: Option<&'static str>,
}

impl SelectPlan {
    pub(super) fn is_aggregate(&self) -> bool {
        self.group_by.is_some() || self.selectors.iter().any(PlannedSelector::is_aggregate)
    }

    /// What the client is to be told beside the rows.
    pub(super) fn warnings(
        &self,
        bindings: &Bindings<'_>,
        page: PageRequest<'_>,
    ) -> Result<Vec<String>, QueryError> {
        let mut warnings: Vec<_> = self.warning.map(str::to_owned).into_iter().collect();
        if let (Some(_), Some(size)) = (&self.near, page.size) {
            let (limit, _) = self.limits(bindings)?;
            warnings.extend((size < limit).then(|| warning::of_page(size, limit)));
        }
        Ok(warnings)
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
    limit(term, "LIMIT", bindings)
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
        let (selectors, mut columns) = self.selection(&table, &select.selection)?;
        let json = select
            .json
            .then(|| std::mem::replace(&mut columns, vec![table.spec("[json]", CqlType::Text)]));
        let statement = WhereOf::Select { allow_filtering: select.allow_filtering };
        let restrictions = self.restrictions(&table, &select.relations, statement)?;
        check_selection(select, &table, &selectors)?;
        let group_by = group_by(&table, select, &restrictions)?;
        let near = match select.order_by.as_slice() {
            [Ordering { column, near: Some(term), .. }] => {
                Some(self.near(&table, column, term, select)?)
            }
            _ => None,
        };
        let order_by = if near.is_some() { &[] } else { select.order_by.as_slice() };
        let reversed = reversed(&table, order_by, &restrictions)?;
        let limit = self.limit_term(&table, select.limit.as_ref(), "[limit]")?;
        let per_partition_limit =
            self.limit_term(&table, select.per_partition_limit.as_ref(), "[per_partition_limit]")?;
        let several = matches!(&restrictions.partition, PartitionRestriction::Keys(keys)
            if keys.iter().any(|choice| !choice.is_one()));
        if let (true, true, Some(first)) = (several, select.distinct, order_by.first()) {
            // To merge, a node would have to read the column.
            return Err(distinct_requests_only(&first.column));
        }
        let merges = (several && !order_by.is_empty()).then_some(order_by.len());
        let aggregates = group_by.is_some() || selectors.iter().any(PlannedSelector::is_aggregate);
        let warning = aggregates.then(|| warning::of_aggregation(&table, select)).flatten();
        Ok(SelectPlan {
            warning,
            merges,
            selectors,
            columns,
            restrictions,
            reversed,
            distinct: select.distinct,
            json,
            group_by,
            near,
            limit,
            per_partition_limit,
            table,
        })
    }

    /// `ORDER BY column ANN OF term`
    fn near(
        &mut self,
        table: &Table,
        column: &str,
        term: &Term,
        select: &Select,
    ) -> Result<Near, QueryError> {
        let index = column_index(table, column)?;
        let ty = &table.columns[index].ty;
        if !matches!(ty, CqlType::Vector(..)) {
            return Err(QueryError::invalid(
                "ANN ordering is only supported on float vector indexes",
            ));
        }
        let Some(known) = table.indexes.iter().find(|known| known.column == *column) else {
            return Err(QueryError::invalid(
                "ANN ordering by vector requires the column to be indexed",
            ));
        };
        if select.limit.is_none() {
            return Err(QueryError::invalid(
                "Use of ANN OF in an ORDER BY clause requires a LIMIT that is not greater than 1000. LIMIT was NO LIMIT",
            ));
        }
        let term = self.term(term, Receiver { table, name: column, ty })?;
        let told = known.options.iter().find(|(name, _)| name == "similarity_function");
        let similarity = told.and_then(|(_, name)| {
            Similarity::named(&format!("similarity_{}", name.to_lowercase()))
        });
        let similarity = similarity.unwrap_or(Similarity::Cosine);
        Ok(Near { column: index, wanted: term, similarity })
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

/// Whether what is selected goes with how it is.
fn check_selection(
    select: &Select,
    table: &Table,
    selectors: &[PlannedSelector],
) -> Result<(), QueryError> {
    if select.distinct {
        check_distinct(table, selectors)?;
        if select.per_partition_limit.is_some() {
            let problem = "PER PARTITION LIMIT is not allowed with SELECT DISTINCT queries";
            return Err(QueryError::invalid(problem));
        }
    }
    let aggregates = selectors.iter().any(PlannedSelector::is_aggregate);
    if aggregates && select.group_by.is_empty() && select.per_partition_limit.is_some() {
        let problem = "PER PARTITION LIMIT is not allowed with aggregate queries.";
        return Err(QueryError::invalid(problem));
    }
    let mut selected = Vec::new();
    selectors.iter().for_each(|selector| selector.columns(&mut selected));
    let kinds: Vec<_> = selected.iter().map(|column| table.columns[*column].kind).collect();
    let selects_only_statics = kinds.contains(&ColumnKind::Static)
        && kinds.iter().all(|kind| matches!(kind, ColumnKind::Static | ColumnKind::PartitionKey));
    let is_regular = |relation: &Relation| match &relation.target {
        RelationTarget::Column(name) | RelationTarget::Element(name, _) => table
            .column_index(name)
            .is_some_and(|index| table.columns[index].kind == ColumnKind::Regular),
        _ => false,
    };
    if select.distinct && select.relations.iter().any(is_regular) {
        return Err(QueryError::invalid(
            "SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.",
        ));
    }
    let is_clustering =
        |name: &String| table.clustering().iter().any(|column| column.name == *name);
    let restricts_clustering = select.relations.iter().any(|relation| match &relation.target {
        RelationTarget::Column(name)
        | RelationTarget::Element(name, _)
        | RelationTarget::Field(name, _) => is_clustering(name),
        RelationTarget::Columns(names) => names.iter().any(is_clustering),
        RelationTarget::Token(_) => false,
    });
    if selects_only_statics && restricts_clustering {
        return Err(QueryError::invalid(
            "Cannot restrict clustering columns when selecting only static columns",
        ));
    }
    Ok(())
}

fn distinct_requests_only(other: &str) -> QueryError {
    QueryError::Invalid(format!(
        "SELECT DISTINCT queries must only request partition key columns and/or static columns (not {other})"
    ))
}

fn check_distinct(table: &Table, selectors: &[PlannedSelector]) -> Result<(), QueryError> {
    let allowed = |column: usize| {
        matches!(table.columns[column].kind, ColumnKind::PartitionKey | ColumnKind::Static)
    };
    let mut selected = Vec::with_capacity(selectors.len());
    for selector in selectors {
        if let PlannedSelector::Column(column) = selector {
            if !allowed(*column) {
                return Err(distinct_requests_only(&table.columns[*column].name));
            }
            selected.push(*column);
        }
    }
    let missing = (0..table.partition_key().len()).find(|column| !selected.contains(column));
    if let (Some(missing), false) = (missing, selected.is_empty()) {
        return Err(QueryError::Invalid(format!(
            "SELECT DISTINCT queries must request all the partition key columns (missing {})",
            table.columns[missing].name
        )));
    }
    Ok(())
}

/// How many columns of the primary key make a group: as many as are named, and those before that have one value.
fn group_by(
    table: &Table,
    select: &Select,
    restrictions: &Restrictions,
) -> Result<Option<usize>, QueryError> {
    if select.group_by.is_empty() {
        return Ok(None);
    }
    let key = table.clustering_range();
    let equal = match &restrictions.partition {
        PartitionRestriction::Keys(keys) => keys.iter().all(super::choice::Choice::is_one),
        PartitionRestriction::Tokens { .. } => false,
    };
    let fixed = |index: usize| {
        if index < key.start {
            return equal;
        }
        let choices = restrictions.clustering.equal.iter();
        let mut at = key.start;
        for choice in choices {
            at += choice.width();
            if index < at {
                return choice.is_one();
            }
        }
        false
    };
    let mut until = 0;
    for name in &select.group_by {
        let index = column_index(table, name)?;
        if !table.columns[index].is_primary_key() {
            return Err(QueryError::Invalid(format!(
                "Group by is currently only supported on the columns of the PRIMARY KEY, got {name}"
            )));
        }
        while until < index && fixed(until) {
            until += 1;
        }
        if index != until {
            return Err(QueryError::invalid(
                "Group by currently only support groups of columns following their declared order in the PRIMARY KEY",
            ));
        }
        if select.distinct && index >= key.start {
            return Err(QueryError::invalid(
                "Grouping on clustering columns is not allowed for SELECT DISTINCT queries",
            ));
        }
        until += 1;
    }
    Ok(Some(until))
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
    let PartitionRestriction::Keys(_) = &restrictions.partition else {
        return Err(QueryError::invalid(
            "ORDER BY is only supported when the partition key is restricted by an EQ or an IN.",
        ));
    };
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

//! Which partitions and rows a `WHERE` is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus_protocol::CqlType;

use super::choice::Choice;
use super::clustering_restriction::{ClusteringRestriction, check_bounds};
use super::planner::{Planner, column_index};
use super::row_filter::operand_type;
use super::term::Receiver;
use super::token_restriction::TokenBound;
use crate::cql::ast::{IndexKind, Operator, Relation, RelationTarget};
use crate::query_error::QueryError;
use crate::schema::{Column, Index, Table};

#[derive(Debug)]
pub(super) struct Restrictions {
    pub(super) partition: PartitionRestriction,
    pub(super) clustering: ClusteringRestriction,
    /// What is left to be checked row by row.
    pub(super) filters: Vec<Filter>,
}

#[derive(Debug)]
pub(super) enum PartitionRestriction {
    /// For each column of the partition key, the values that it may have.
    Keys(Vec<Choice>),
    /// A part of the ring, or all of it.
    Tokens { lower: Option<TokenBound>, upper: Option<TokenBound> },
}

#[derive(Debug)]
pub(super) struct Filter {
    pub(super) target: FilterTarget,
    pub(super) operator: Operator,
    pub(super) choice: Choice,
}

#[derive(Debug)]
pub(super) enum FilterTarget {
    Column(usize),
    /// `a[key]`
    Element(usize, Choice),
}

/// Which statement the `WHERE` belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhereOf {
    Select { allow_filtering: bool },
    Modification,
}

pub(super) const NEEDS_FILTERING: &str = "Cannot execute this query as it might involve data filtering and thus may have \
    unpredictable performance. If you want to execute this query despite the performance unpredictability, use \
    ALLOW FILTERING";

/// The relations of a `WHERE` by the column they are about, and those about several or about the token.
pub(super) struct Grouped<'r> {
    pub(super) columns: BTreeMap<usize, Vec<&'r Relation>>,
    pub(super) several: Vec<(Vec<usize>, &'r Relation)>,
    tokens: Vec<&'r Relation>,
}

impl Planner<'_> {
    pub(super) fn restrictions(
        &mut self,
        table: &Arc<Table>,
        relations: &[Relation],
        statement: WhereOf,
    ) -> Result<Restrictions, QueryError> {
        let mut grouped = group(table, relations)?;
        let mut filters = Vec::new();
        let partition = self.partition_restriction(table, &mut grouped, statement, &mut filters)?;
        let scans = matches!(partition, PartitionRestriction::Tokens { .. });
        let clustering =
            self.clustering_restriction(table, &mut grouped, scans, statement, &mut filters)?;
        let others: Vec<_> = grouped.columns.iter().collect();
        if statement == WhereOf::Modification && !others.is_empty() {
            let names = others.iter().map(|(column, _)| table.columns[**column].name.as_str());
            let names: Vec<_> = names.collect();
            return Err(QueryError::Invalid(format!(
                "Non PRIMARY KEY columns found in where clause: {} ",
                names.join(", ")
            )));
        }
        for (column, relations) in others {
            self.filter(table, *column, relations, &mut filters)?;
        }
        if statement == (WhereOf::Select { allow_filtering: false })
            && !filters.is_empty()
            && !is_indexed(table, &filters)
        {
            return Err(QueryError::invalid(NEEDS_FILTERING));
        }
        Ok(Restrictions { partition, clustering, filters })
    }

    /// Relations that are all checked row by row.
    pub(super) fn filters(
        &mut self,
        table: &Arc<Table>,
        relations: &[Relation],
        _: WhereOf,
    ) -> Result<Vec<Filter>, QueryError> {
        let grouped = group(table, relations)?;
        let mut filters = Vec::new();
        for (column, relations) in &grouped.columns {
            self.filter(table, *column, relations, &mut filters)?;
        }
        Ok(filters)
    }

    fn partition_restriction(
        &mut self,
        table: &Arc<Table>,
        grouped: &mut Grouped<'_>,
        statement: WhereOf,
        filters: &mut Vec<Filter>,
    ) -> Result<PartitionRestriction, QueryError> {
        let key = table.partition_key();
        let chosen = |index: &usize| {
            grouped.columns.get(index).is_some_and(|relations| names_values(relations))
        };
        let missing: Vec<_> = (0..key.len()).filter(|index| !chosen(index)).collect();
        if !grouped.tokens.is_empty() {
            if (0..key.len()).any(|index| grouped.columns.contains_key(&index)) {
                let problem =
                    "The token() function cannot be combined with relations on the partition key";
                return Err(QueryError::invalid(problem));
            }
            if statement == WhereOf::Modification {
                let problem = "The token function cannot be used in WHERE clauses for UPDATE and DELETE statements";
                return Err(QueryError::invalid(problem));
            }
            return self.token_restriction(table, &grouped.tokens);
        }
        if missing.is_empty() {
            let mut choices = Vec::with_capacity(key.len());
            for index in 0..key.len() {
                let relations = grouped.columns.remove(&index).unwrap_or_default();
                let choice = self.choice(table, index, &relations)?;
                if let Some(marker) = choice.marker() {
                    self.bind_key(marker, table, index);
                }
                choices.push(choice);
            }
            return Ok(PartitionRestriction::Keys(choices));
        }
        if statement == WhereOf::Modification {
            let names: Vec<_> = missing.iter().map(|index| key[*index].name.as_str()).collect();
            return Err(QueryError::Invalid(format!(
                "Some partition key parts are missing: {}",
                names.join(", ")
            )));
        }
        for (index, column) in key.iter().enumerate() {
            if let Some(relations) = grouped.columns.remove(&index) {
                if !names_values(&relations)
                    && statement == (WhereOf::Select { allow_filtering: false })
                    && table.indexes.iter().all(|known| known.column != column.name)
                {
                    return Err(QueryError::invalid(
                        "Only EQ and IN relation are supported on the partition key (unless you use the token() function)",
                    ));
                }
                self.filter(table, index, &relations, filters)?;
            }
        }
        Ok(PartitionRestriction::Tokens { lower: None, upper: None })
    }

    /// The values that a column restricted by one `=` or `IN` may have.
    pub(super) fn choice(
        &mut self,
        table: &Arc<Table>,
        index: usize,
        relations: &[&Relation],
    ) -> Result<Choice, QueryError> {
        let column = &table.columns[index];
        let [relation] = relations else {
            return Err(more_than_one(&column.name, relations));
        };
        if relation.operator != Operator::Equal && relation.operator != Operator::In {
            return Err(unsupported_relation(relation.operator, &column.name));
        }
        Choice::plan(self, &relation.value, Receiver { table, name: &column.name, ty: &column.ty })
    }

    pub(super) fn filter(
        &mut self,
        table: &Arc<Table>,
        index: usize,
        relations: &[&Relation],
        filters: &mut Vec<Filter>,
    ) -> Result<(), QueryError> {
        let is_plain = |relation: &&&Relation| {
            matches!(relation.target, RelationTarget::Column(_))
                && !matches!(relation.operator, Operator::Contains | Operator::ContainsKey)
        };
        let plain: Vec<_> = relations.iter().filter(is_plain).copied().collect();
        if plain.len() > 1 && names_values(&plain) {
            return Err(more_than_one(&table.columns[index].name, &plain));
        }
        check_bounds(&table.columns[index].name, &plain)?;
        for relation in relations {
            filters.push(self.filter_of(table, index, relation)?);
        }
        Ok(())
    }

    fn filter_of(
        &mut self,
        table: &Arc<Table>,
        index: usize,
        relation: &Relation,
    ) -> Result<Filter, QueryError> {
        let column = &table.columns[index];
        let operator = relation.operator;
        check_operator(column, relation)?;
        if let RelationTarget::Element(_, key) = &relation.target {
            let CqlType::Map(key_type, value_type) = &column.ty else {
                return Err(QueryError::Invalid(format!(
                    "Column {} cannot be used as a map",
                    column.name
                )));
            };
            let name = format!("key({})", column.name);
            let key = self.term(key, Receiver { table, name: &name, ty: key_type })?;
            let key = Choice::one(&column.name, key);
            let name = format!("value({})", column.name);
            let receiver = Receiver { table, name: &name, ty: value_type };
            let choice = Choice::plan(self, &relation.value, receiver)?;
            return Ok(Filter { target: FilterTarget::Element(index, key), operator, choice });
        }
        let part = match operator {
            Operator::Contains => Some("value"),
            Operator::ContainsKey => Some("key"),
            _ => None,
        };
        let name = part.map_or(column.name.clone(), |part| format!("{part}({})", column.name));
        let ty = operand_type(&column.ty, operator);
        let choice = Choice::plan(self, &relation.value, Receiver { table, name: &name, ty })?;
        Ok(Filter { target: FilterTarget::Column(index), operator, choice })
    }
}

/// Whether a relation makes sense for a column.
fn check_operator(column: &Column, relation: &Relation) -> Result<(), QueryError> {
    let name = &column.name;
    let operator = relation.operator;
    let refuse = |problem: String| Err(QueryError::Invalid(problem));
    let is_collection = matches!(column.ty, CqlType::List(_) | CqlType::Set(_) | CqlType::Map(..));
    match operator {
        Operator::NotEqual | Operator::IsNotNull => Err(unsupported_relation(operator, name)),
        Operator::Like => refuse(format!(
            "LIKE restriction is only supported on properly indexed columns. {} is not valid.",
            relation.written()
        )),
        Operator::Contains if !is_collection => {
            refuse(format!("Cannot use CONTAINS on non-collection column {name}"))
        }
        Operator::ContainsKey if !matches!(column.ty, CqlType::Map(..)) => {
            refuse(format!("Cannot use CONTAINS KEY on non-map column {name}"))
        }
        Operator::Contains | Operator::ContainsKey => Ok(()),
        _ if matches!(relation.target, RelationTarget::Element(..))
            && operator != Operator::Equal =>
        {
            refuse("Only EQ relations are supported on map entries".to_owned())
        }
        _ if operator.is_slice() && column.ty == CqlType::Duration => {
            refuse("Slice restrictions are not supported on duration columns".to_owned())
        }
        _ if matches!(relation.target, RelationTarget::Element(..)) => Ok(()),
        _ if column.data_type.is_multi_cell() && is_collection => refuse(format!(
            "Collection column '{name}' ({}) cannot be restricted by a '{}' relation",
            column.data_type,
            operator.symbol()
        )),
        _ if column.data_type.is_multi_cell() => refuse(format!(
            "Non-frozen UDT column '{name}' ({}) cannot be restricted by any relation",
            column.data_type
        )),
        _ => Ok(()),
    }
}

/// Whether an index answers what would else need filtering.
fn is_indexed(table: &Table, filters: &[Filter]) -> bool {
    let index_of = |filter: &Filter| {
        let (column, kind) = match (&filter.target, filter.operator) {
            (FilterTarget::Column(column), Operator::ContainsKey) => (*column, IndexKind::Keys),
            (FilterTarget::Column(column), Operator::Contains) => (*column, IndexKind::Values),
            (FilterTarget::Column(column), _) => (*column, IndexKind::Full),
            (FilterTarget::Element(column, _), _) => (*column, IndexKind::Entries),
        };
        let column = &table.columns[column];
        table.indexes.iter().find(|index| {
            let fits = index.kind == kind
                || (kind == IndexKind::Full
                    && index.kind == IndexKind::Values
                    && !index.of_elements);
            let compares = match filter.operator {
                Operator::Equal | Operator::Contains | Operator::ContainsKey => true,
                operator => index.is_ordered() && operator.is_slice(),
            };
            index.column == column.name && fits && compares
        })
    };
    match filters {
        [only] => index_of(only).is_some(),
        several => several.iter().all(|filter| index_of(filter).is_some_and(Index::is_ordered)),
    }
}

fn group<'r>(table: &Table, relations: &'r [Relation]) -> Result<Grouped<'r>, QueryError> {
    let mut grouped = Grouped { columns: BTreeMap::new(), several: Vec::new(), tokens: Vec::new() };
    for relation in relations {
        match relation.operator {
            Operator::NotEqual => {
                let problem = format!("Unsupported \"!=\" relation: {}", relation.written());
                return Err(QueryError::Invalid(problem));
            }
            Operator::IsNotNull => {
                let RelationTarget::Column(name) = &relation.target else { continue };
                let problem = format!("Unsupported restriction: {name} IS NOT NULL");
                return Err(QueryError::Invalid(problem));
            }
            _ => {}
        }
        match &relation.target {
            RelationTarget::Column(name) | RelationTarget::Element(name, _) => {
                grouped.columns.entry(column_index(table, name)?).or_default().push(relation);
            }
            RelationTarget::Field(name, _) => {
                return Err(QueryError::Invalid(format!(
                    "Field selection is not supported in WHERE clauses ({name})"
                )));
            }
            RelationTarget::Columns(names) => {
                let columns = names.iter().map(|name| column_index(table, name));
                grouped.several.push((columns.collect::<Result<_, _>>()?, relation));
            }
            RelationTarget::Token(names) => {
                let key: Vec<_> = table.partition_key().iter().map(|column| &column.name).collect();
                if names.len() != key.len() || names.iter().any(|name| !key.contains(&name)) {
                    let problem = "The token() function must be applied to all partition key components or none of them";
                    return Err(QueryError::invalid(problem));
                }
                if !key.iter().copied().eq(names) {
                    return Err(QueryError::Invalid(format!(
                        "The token function arguments must be in the partition key order: {}",
                        key.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
                    )));
                }
                grouped.tokens.push(relation);
            }
        }
    }
    Ok(grouped)
}

/// Whether the column is restricted to given values rather than to a range.
pub(super) fn names_values(relations: &[&Relation]) -> bool {
    relations.iter().any(|relation| matches!(relation.operator, Operator::Equal | Operator::In))
}

/// What is said of a column that is restricted by values and by something else, too.
pub(super) fn more_than_one(name: &str, relations: &[&Relation]) -> QueryError {
    let first = match relations.first().map(|relation| relation.operator) {
        Some(Operator::Equal) => "Equal",
        Some(Operator::In) => "IN",
        _ => {
            return QueryError::Invalid(format!(
                "Column \"{name}\" cannot be restricted by both an equality and an inequality relation"
            ));
        }
    };
    let article = if first == "IN" { "a" } else { "an" };
    QueryError::Invalid(format!(
        "{name} cannot be restricted by more than one relation if it includes {article} {first}"
    ))
}

pub(super) fn unsupported_relation(operator: Operator, name: &str) -> QueryError {
    QueryError::Invalid(format!("Unsupported \"{}\" relation on {name}", operator.symbol()))
}

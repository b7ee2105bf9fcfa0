//! Which partitions and rows a `WHERE` is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus_protocol::CqlType;

use super::choice::Choice;
use super::planner::{Planner, column_index};
use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{Operator, Relation, RelationTarget, RelationValue, Term};
use crate::query_error::QueryError;
use crate::schema::{ColumnKind, Table};

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
pub(super) struct TokenBound {
    pub(super) token: TokenTerm,
    pub(super) inclusive: bool,
}

#[derive(Debug)]
pub(super) enum TokenTerm {
    Value(PlannedTerm),
    /// `token(a, b)` of values.
    OfKey(Vec<PlannedTerm>),
}

/// Values for the first clustering columns, then a range of the next.
#[derive(Debug, Default)]
pub(super) struct ClusteringRestriction {
    pub(super) equal: Vec<Choice>,
    pub(super) lower: Option<RangeBound>,
    pub(super) upper: Option<RangeBound>,
}

#[derive(Debug)]
pub(super) struct RangeBound {
    pub(super) term: PlannedTerm,
    pub(super) inclusive: bool,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub(super) column: usize,
    pub(super) operator: Operator,
    pub(super) choice: Choice,
}

/// Which statement the `WHERE` belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhereOf {
    Select { allow_filtering: bool },
    Modification,
}

const NEEDS_FILTERING: &str = "Cannot execute this query as it might involve data filtering and thus may have \
    unpredictable performance. If you want to execute this query despite the performance unpredictability, use \
    ALLOW FILTERING";

/// The relations of a `WHERE` by the column they are about, and those about the token.
struct Grouped<'r> {
    columns: BTreeMap<usize, Vec<&'r Relation>>,
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
        for (column, relations) in &grouped.columns {
            match statement {
                WhereOf::Modification => {
                    let name = &table.columns[*column].name;
                    let problem = format!("Non PRIMARY KEY columns found in where clause: {name} ");
                    return Err(QueryError::Invalid(problem));
                }
                WhereOf::Select { .. } => {
                    self.filter(table, *column, relations, statement, &mut filters)?;
                }
            }
        }
        Ok(Restrictions { partition, clustering, filters })
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
        for index in 0..key.len() {
            if let Some(relations) = grouped.columns.remove(&index) {
                if !names_values(&relations)
                    && statement == (WhereOf::Select { allow_filtering: false })
                {
                    return Err(QueryError::invalid(
                        "Only EQ and IN relation are supported on the partition key (unless you use the token() function)",
                    ));
                }
                self.filter(table, index, &relations, statement, filters)?;
            }
        }
        Ok(PartitionRestriction::Tokens { lower: None, upper: None })
    }

    fn token_restriction(
        &mut self,
        table: &Arc<Table>,
        relations: &[&Relation],
    ) -> Result<PartitionRestriction, QueryError> {
        let (mut lower, mut upper) = (None, None);
        for relation in relations {
            let RelationValue::One(term) = &relation.value else {
                return Err(QueryError::invalid("IN cannot be used with the token function"));
            };
            let mut bound = |inclusive| {
                Ok::<_, QueryError>(TokenBound { token: self.token_term(table, term)?, inclusive })
            };
            let slots: &mut [(&mut Option<TokenBound>, bool)] = match relation.operator {
                Operator::Greater => &mut [(&mut lower, false)],
                Operator::GreaterOrEqual => &mut [(&mut lower, true)],
                Operator::Less => &mut [(&mut upper, false)],
                Operator::LessOrEqual => &mut [(&mut upper, true)],
                Operator::Equal => &mut [(&mut lower, true), (&mut upper, true)],
                other => return Err(unsupported_relation(other, "token")),
            };
            for (slot, inclusive) in slots {
                if slot.replace(bound(*inclusive)?).is_some() {
                    let problem =
                        "More than one restriction was found for the same bound on the token";
                    return Err(QueryError::invalid(problem));
                }
            }
        }
        Ok(PartitionRestriction::Tokens { lower, upper })
    }

    fn token_term(&mut self, table: &Arc<Table>, term: &Term) -> Result<TokenTerm, QueryError> {
        match term {
            Term::Function { name, arguments } if name == "token" => {
                let key = table.partition_key();
                if arguments.len() != key.len() {
                    return Err(QueryError::Invalid(format!(
                        "Invalid number of arguments in call to function system.token: {} required but {} provided",
                        key.len(),
                        arguments.len()
                    )));
                }
                let values = arguments.iter().zip(key).map(|(argument, column)| {
                    self.term(argument, Receiver { table, name: &column.name, ty: &column.ty })
                });
                values.collect::<Result<_, _>>().map(TokenTerm::OfKey)
            }
            _ => {
                let receiver =
                    Receiver { table, name: "partition key token", ty: &CqlType::BigInt };
                self.term(term, receiver).map(TokenTerm::Value)
            }
        }
    }

    fn clustering_restriction(
        &mut self,
        table: &Arc<Table>,
        grouped: &mut Grouped<'_>,
        scans: bool,
        statement: WhereOf,
        filters: &mut Vec<Filter>,
    ) -> Result<ClusteringRestriction, QueryError> {
        let mut clustering = ClusteringRestriction::default();
        let mut unrestricted: Option<&str> = None;
        for index in table.clustering_range() {
            let name = &table.columns[index].name;
            let Some(relations) = grouped.columns.remove(&index) else {
                unrestricted.get_or_insert(name);
                continue;
            };
            if scans && statement == (WhereOf::Select { allow_filtering: false }) {
                return Err(QueryError::invalid(NEEDS_FILTERING));
            }
            let after_range = clustering.lower.is_some() || clustering.upper.is_some();
            if unrestricted.is_some() || after_range {
                if statement == (WhereOf::Select { allow_filtering: true }) {
                    self.filter(table, index, &relations, statement, filters)?;
                    continue;
                }
                return Err(QueryError::Invalid(match unrestricted {
                    Some(before) if !after_range => format!(
                        "PRIMARY KEY column \"{name}\" cannot be restricted as preceding column \"{before}\" is not restricted"
                    ),
                    _ => format!(
                        "Clustering column \"{name}\" cannot be restricted (preceding column \"{}\" is restricted by a non-EQ relation)",
                        table.columns[index - 1].name
                    ),
                }));
            }
            if names_values(&relations) {
                clustering.equal.push(self.choice(table, index, &relations)?);
            } else {
                self.clustering_slice(table, index, &relations, &mut clustering)?;
            }
        }
        Ok(clustering)
    }

    fn clustering_slice(
        &mut self,
        table: &Arc<Table>,
        index: usize,
        relations: &[&Relation],
        clustering: &mut ClusteringRestriction,
    ) -> Result<(), QueryError> {
        let column = &table.columns[index];
        for relation in relations {
            let (slot, inclusive) = match relation.operator {
                Operator::Greater => (&mut clustering.lower, false),
                Operator::GreaterOrEqual => (&mut clustering.lower, true),
                Operator::Less => (&mut clustering.upper, false),
                Operator::LessOrEqual => (&mut clustering.upper, true),
                Operator::Equal | Operator::In => return Err(more_than_one(&column.name)),
                Operator::NotEqual => {
                    return Err(unsupported_relation(relation.operator, &column.name));
                }
            };
            let RelationValue::One(term) = &relation.value else {
                return Err(unsupported_relation(relation.operator, &column.name));
            };
            let term = self.term(term, Receiver { table, name: &column.name, ty: &column.ty })?;
            if slot.replace(RangeBound { term, inclusive }).is_some() {
                return Err(QueryError::Invalid(format!(
                    "More than one restriction was found for the same bound on {}",
                    column.name
                )));
            }
        }
        Ok(())
    }

    /// The values that a column restricted by one `=` or `IN` may have.
    fn choice(
        &mut self,
        table: &Arc<Table>,
        index: usize,
        relations: &[&Relation],
    ) -> Result<Choice, QueryError> {
        let column = &table.columns[index];
        let [relation] = relations else {
            return Err(more_than_one(&column.name));
        };
        Choice::plan(self, &relation.value, Receiver { table, name: &column.name, ty: &column.ty })
    }

    fn filter(
        &mut self,
        table: &Arc<Table>,
        index: usize,
        relations: &[&Relation],
        statement: WhereOf,
        filters: &mut Vec<Filter>,
    ) -> Result<(), QueryError> {
        let column = &table.columns[index];
        if statement == (WhereOf::Select { allow_filtering: false }) {
            return Err(QueryError::invalid(NEEDS_FILTERING));
        }
        for relation in relations {
            if relation.operator == Operator::NotEqual {
                return Err(unsupported_relation(relation.operator, &column.name));
            }
            if column.kind == ColumnKind::Regular && column.data_type.is_multi_cell() {
                return Err(QueryError::Invalid(format!(
                    "Collection column '{}' ({}) cannot be restricted by a '{}' relation",
                    column.name,
                    column.data_type,
                    relation.operator.symbol()
                )));
            }
            let receiver = Receiver { table, name: &column.name, ty: &column.ty };
            let choice = Choice::plan(self, &relation.value, receiver)?;
            filters.push(Filter { column: index, operator: relation.operator, choice });
        }
        Ok(())
    }
}

fn group<'r>(table: &Table, relations: &'r [Relation]) -> Result<Grouped<'r>, QueryError> {
    let mut grouped = Grouped { columns: BTreeMap::new(), tokens: Vec::new() };
    for relation in relations {
        match &relation.target {
            RelationTarget::Column(name) => {
                grouped.columns.entry(column_index(table, name)?).or_default().push(relation);
            }
            RelationTarget::Token(names) => {
                let key: Vec<_> = table.partition_key().iter().map(|column| &column.name).collect();
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
fn names_values(relations: &[&Relation]) -> bool {
    relations.iter().any(|relation| matches!(relation.operator, Operator::Equal | Operator::In))
}

fn more_than_one(name: &str) -> QueryError {
    QueryError::Invalid(format!(
        "{name} cannot be restricted by more than one relation if it includes an Equal"
    ))
}

fn unsupported_relation(operator: Operator, name: &str) -> QueryError {
    QueryError::Invalid(format!("Unsupported \"{}\" relation on {name}", operator.symbol()))
}

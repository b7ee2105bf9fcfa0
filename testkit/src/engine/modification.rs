//! Planning an INSERT, an UPDATE or a DELETE.

use std::sync::Arc;

use helenus_protocol::CqlType;

use super::choice::Choice;
use super::condition::PlannedCondition;
use super::planner::{Planner, column_index, is_static};
use super::restriction::{ClusteringRestriction, PartitionRestriction, WhereOf};
use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{Assignment, Modification, ModificationKind, Operation, Relation, Term};
use crate::query_error::QueryError;
use crate::schema::Table;

#[derive(Debug)]
pub(super) struct ModificationPlan {
    pub(super) table: Arc<Table>,
    pub(super) keys: Vec<Choice>,
    pub(super) clustering: ClusteringRestriction,
    pub(super) effect: Effect,
    pub(super) timestamp: Option<PlannedTerm>,
    pub(super) ttl: Option<PlannedTerm>,
    pub(super) condition: PlannedCondition,
}

#[derive(Debug)]
pub(super) enum Effect {
    /// New cells; an INSERT also makes the row exist.
    Write { assignments: Vec<PlannedAssignment>, inserts_row: bool },
    /// Rows, or a whole partition.
    Delete,
}

#[derive(Debug)]
pub(super) struct PlannedAssignment {
    pub(super) column: usize,
    pub(super) operation: PlannedOperation,
}

#[derive(Debug)]
pub(super) enum PlannedOperation {
    Set(PlannedTerm),
    Delete,
    /// Adds to a counter, or subtracts.
    Count {
        delta: PlannedTerm,
        negative: bool,
    },
}

impl ModificationPlan {
    pub(super) fn is_conditional(&self) -> bool {
        !matches!(self.condition, PlannedCondition::None)
    }

    /// Whether it touches static columns only, so that no row is named.
    pub(super) fn is_static_only(&self) -> bool {
        match &self.effect {
            Effect::Write { assignments, .. } => {
                self.clustering.is_unrestricted()
                    && !self.table.clustering().is_empty()
                    && assignments
                        .iter()
                        .all(|assignment| is_static(&self.table.columns[assignment.column]))
            }
            Effect::Delete => false,
        }
    }
}

impl Planner<'_> {
    pub(super) fn modification(
        &mut self,
        statement: &Modification,
    ) -> Result<ModificationPlan, QueryError> {
        let table = self.writable_table(&statement.table)?;
        let (keys, clustering, effect) = match &statement.kind {
            ModificationKind::Insert { columns, values } => self.insert(&table, columns, values)?,
            ModificationKind::Update { assignments, relations } => {
                self.update(&table, assignments, relations)?
            }
            ModificationKind::Delete { columns, relations } => {
                self.delete(&table, columns, relations)?
            }
        };
        let timestamp =
            self.using(&table, statement.timestamp.as_ref(), "[timestamp]", &CqlType::BigInt)?;
        let ttl = self.using(&table, statement.ttl.as_ref(), "[ttl]", &CqlType::Int)?;
        let condition = self.condition(&table, &statement.condition)?;
        let plan = ModificationPlan { table, keys, clustering, effect, timestamp, ttl, condition };
        plan.check()?;
        Ok(plan)
    }

    fn insert(
        &mut self,
        table: &Arc<Table>,
        columns: &[String],
        values: &[Term],
    ) -> Result<(Vec<Choice>, ClusteringRestriction, Effect), QueryError> {
        if columns.len() != values.len() {
            return Err(QueryError::invalid("Unmatched column names/values"));
        }
        if table.is_counter() {
            return Err(QueryError::invalid(
                "INSERT statements are not allowed on counter tables, use UPDATE instead",
            ));
        }
        let mut terms: Vec<Option<PlannedTerm>> = table.columns.iter().map(|_| None).collect();
        for (name, value) in columns.iter().zip(values) {
            let index = column_index(table, name)?;
            let column = &table.columns[index];
            let term = self.term(value, Receiver { table, name, ty: &column.ty })?;
            if let (true, Some(marker)) = (index < table.partition_key().len(), term.marker()) {
                self.bind_key(marker, table, index);
            }
            if terms[index].replace(term).is_some() {
                return Err(QueryError::invalid("The column names contains duplicates"));
            }
        }
        let mut take = |index: usize| {
            terms[index].take().map(|term| Choice::one(&table.columns[index].name, term))
        };
        let keys: Vec<_> = (0..table.partition_key().len()).filter_map(&mut take).collect();
        let equal: Vec<_> = table.clustering_range().filter_map(&mut take).collect();
        let assignments: Vec<_> = terms
            .into_iter()
            .enumerate()
            .filter_map(|(column, term)| {
                Some(PlannedAssignment { column, operation: PlannedOperation::Set(term?) })
            })
            .collect();
        let given = |name: &String| columns.contains(name);
        if keys.len() < table.partition_key().len() {
            let missing =
                table.partition_key().iter().map(|column| &column.name).filter(|name| !given(name));
            return Err(missing_parts("Some partition key parts are missing", missing));
        }
        let static_only = equal.is_empty()
            && !assignments.is_empty()
            && assignments.iter().all(|assignment| is_static(&table.columns[assignment.column]));
        if equal.len() < table.clustering().len() && !static_only {
            let missing =
                table.clustering().iter().map(|column| &column.name).filter(|name| !given(name));
            return Err(missing_parts("Some clustering keys are missing", missing));
        }
        let clustering = ClusteringRestriction { equal, ..ClusteringRestriction::default() };
        Ok((keys, clustering, Effect::Write { assignments, inserts_row: !static_only }))
    }

    fn update(
        &mut self,
        table: &Arc<Table>,
        assignments: &[Assignment],
        relations: &[Relation],
    ) -> Result<(Vec<Choice>, ClusteringRestriction, Effect), QueryError> {
        let assignments = assignments
            .iter()
            .map(|assignment| self.assignment(table, assignment))
            .collect::<Result<Vec<_>, _>>()?;
        let (keys, clustering) = self.target(table, relations)?;
        check_target("UPDATE", table, &clustering, &assignments)?;
        Ok((keys, clustering, Effect::Write { assignments, inserts_row: false }))
    }

    fn delete(
        &mut self,
        table: &Arc<Table>,
        columns: &[String],
        relations: &[Relation],
    ) -> Result<(Vec<Choice>, ClusteringRestriction, Effect), QueryError> {
        let mut assignments = Vec::with_capacity(columns.len());
        for name in columns {
            let column = column_index(table, name)?;
            if table.columns[column].is_primary_key() {
                return Err(QueryError::Invalid(format!(
                    "Invalid identifier {name} for deletion (should not be a PRIMARY KEY part)"
                )));
            }
            assignments.push(PlannedAssignment { column, operation: PlannedOperation::Delete });
        }
        let (keys, clustering) = self.target(table, relations)?;
        if assignments.is_empty() {
            return Ok((keys, clustering, Effect::Delete));
        }
        check_target("DELETE", table, &clustering, &assignments)?;
        Ok((keys, clustering, Effect::Write { assignments, inserts_row: false }))
    }

    fn target(
        &mut self,
        table: &Arc<Table>,
        relations: &[Relation],
    ) -> Result<(Vec<Choice>, ClusteringRestriction), QueryError> {
        let restrictions = self.restrictions(table, relations, WhereOf::Modification)?;
        match restrictions.partition {
            PartitionRestriction::Keys(keys) => Ok((keys, restrictions.clustering)),
            PartitionRestriction::Tokens { .. } => {
                Err(QueryError::invalid("The partition key must be restricted"))
            }
        }
    }

    fn assignment(
        &mut self,
        table: &Table,
        assignment: &Assignment,
    ) -> Result<PlannedAssignment, QueryError> {
        let index = column_index(table, &assignment.column)?;
        let column = &table.columns[index];
        let name = &column.name;
        if column.is_primary_key() {
            return Err(QueryError::Invalid(format!("PRIMARY KEY part {name} found in SET part")));
        }
        let receiver = Receiver { table, name, ty: &column.ty };
        let operation = match &assignment.operation {
            Operation::Set(_) if column.ty == CqlType::Counter => {
                return Err(QueryError::Invalid(format!(
                    "Cannot set the value of counter column {name} (counters can only be incremented/decremented, not set)"
                )));
            }
            Operation::Set(term) => PlannedOperation::Set(self.term(term, receiver)?),
            Operation::Add(term) if column.ty == CqlType::Counter => {
                PlannedOperation::Count { delta: self.term(term, receiver)?, negative: false }
            }
            Operation::Subtract(term) if column.ty == CqlType::Counter => {
                PlannedOperation::Count { delta: self.term(term, receiver)?, negative: true }
            }
            _ if column.data_type.is_multi_cell() => {
                return Err(QueryError::unsupported("adding to or taking from a collection"));
            }
            _ => {
                return Err(QueryError::Invalid(format!(
                    "Invalid operation for non counter column {name}"
                )));
            }
        };
        Ok(PlannedAssignment { column: index, operation })
    }

    pub(super) fn using(
        &mut self,
        table: &Table,
        term: Option<&Term>,
        name: &str,
        ty: &CqlType,
    ) -> Result<Option<PlannedTerm>, QueryError> {
        term.map(|term| self.term(term, Receiver { table, name, ty })).transpose()
    }
}

impl ModificationPlan {
    fn check(&self) -> Result<(), QueryError> {
        let refuse = |problem: &str| Err(QueryError::invalid(problem));
        if self.table.is_counter() && self.timestamp.is_some() {
            return refuse("Cannot provide custom timestamp for counter updates");
        }
        if self.table.is_counter() && self.ttl.is_some() {
            return refuse("Cannot provide custom TTL for counter updates");
        }
        if !self.is_conditional() {
            return Ok(());
        }
        if self.table.is_counter() {
            return refuse("Conditional updates are not supported on counter tables");
        }
        if self.timestamp.is_some() {
            return refuse("Cannot provide custom timestamp for conditional updates");
        }
        if self.keys.iter().any(|choice| !choice.is_one()) {
            return refuse("IN on the partition key is not supported with conditional updates");
        }
        if self.clustering.equal.iter().any(|choice| !choice.is_one()) {
            return refuse(
                "IN on the clustering key columns is not supported with conditional updates",
            );
        }
        if !self.clustering.names_rows(&self.table) && !self.is_static_only() {
            return refuse(
                "DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns",
            );
        }
        Ok(())
    }
}

fn check_target(
    statement: &str,
    table: &Table,
    clustering: &ClusteringRestriction,
    assignments: &[PlannedAssignment],
) -> Result<(), QueryError> {
    let static_only =
        assignments.iter().all(|assignment| is_static(&table.columns[assignment.column]));
    if static_only && !table.clustering().is_empty() {
        if clustering.is_unrestricted() {
            return Ok(());
        }
        return Err(QueryError::Invalid(format!(
            "Invalid restrictions on clustering columns since the {statement} statement modifies only static columns"
        )));
    }
    if clustering.lower.is_some() || clustering.upper.is_some() {
        return Err(QueryError::Invalid(format!(
            "Range deletions are not supported for specific columns, and an UPDATE names whole rows ({statement})"
        )));
    }
    if !clustering.names_rows(table) {
        let missing =
            table.clustering()[clustering.equal.len()..].iter().map(|column| &column.name);
        return Err(missing_parts("Some clustering keys are missing", missing));
    }
    Ok(())
}

fn missing_parts<'a>(problem: &str, names: impl Iterator<Item = &'a String>) -> QueryError {
    QueryError::Invalid(format!("{problem}: {}", names.cloned().collect::<Vec<_>>().join(", ")))
}

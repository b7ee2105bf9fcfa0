//! Planning an INSERT, an UPDATE or a DELETE.

use std::sync::Arc;

use helenus_protocol::CqlType;

use super::choice::Choice;
use super::clustering_restriction::ClusteringRestriction;
use super::condition::PlannedCondition;
use super::operation::PlannedOperation;
use super::planner::{Planner, column_index, is_of_node, is_static, not_modifiable};
use super::restriction::{PartitionRestriction, WhereOf};
use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{
    Assignment, Condition, Deletion, Modification, ModificationKind, Relation, RelationTarget, Term,
};
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
    /// What `INSERT JSON` takes its values from.
    pub(super) json: Option<PlannedTerm>,
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
        let mut json = None;
        let (keys, clustering, effect) = match &statement.kind {
            ModificationKind::Insert { columns, values } => self.insert(&table, columns, values)?,
            ModificationKind::InsertJson { json: term, default_unset } => {
                let receiver = Receiver { table: &table, name: "[json]", ty: &CqlType::Text };
                let term = self.term(term, receiver)?;
                json = Some(term.clone());
                insert_json(&table, &term, *default_unset)?
            }
            ModificationKind::Update { assignments, relations } => {
                self.update(&table, assignments, relations, &statement.condition)?
            }
            ModificationKind::Delete { deletions, relations } => {
                self.delete(&table, deletions, relations, &statement.condition)?
            }
        };
        let timestamp =
            self.using(&table, statement.timestamp.as_ref(), "[timestamp]", &CqlType::BigInt)?;
        let ttl = self.using(&table, statement.ttl.as_ref(), "[ttl]", &CqlType::Int)?;
        let condition = self.condition(&table, &statement.condition)?;
        let plan =
            ModificationPlan { table, keys, clustering, effect, timestamp, ttl, condition, json };
        plan.check()?;
        // What depends on what is there would have to see the rows that are computed.
        if is_of_node(&plan.table) && (plan.is_conditional() || plan.reads()) {
            return Err(not_modifiable(&plan.table.keyspace));
        }
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
            && !table.clustering().is_empty()
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
        condition: &Condition,
    ) -> Result<(Vec<Choice>, ClusteringRestriction, Effect), QueryError> {
        let assignments = assignments
            .iter()
            .map(|assignment| self.assignment(table, assignment))
            .collect::<Result<Vec<_>, _>>()?;
        let (keys, clustering) = self.target(table, relations)?;
        check_target("UPDATE", table, &clustering, &assignments, condition)?;
        Ok((keys, clustering, Effect::Write { assignments, inserts_row: false }))
    }

    fn delete(
        &mut self,
        table: &Arc<Table>,
        deletions: &[Deletion],
        relations: &[Relation],
        condition: &Condition,
    ) -> Result<(Vec<Choice>, ClusteringRestriction, Effect), QueryError> {
        let assignments = deletions
            .iter()
            .map(|deletion| self.deletion(table, deletion))
            .collect::<Result<Vec<_>, _>>()?;
        let (keys, clustering) = self.target(table, relations)?;
        if assignments.is_empty() {
            return Ok((keys, clustering, Effect::Delete));
        }
        check_target("DELETE", table, &clustering, &assignments, condition)?;
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

/// Every column is written, each with what the JSON says of it.
fn insert_json(
    table: &Table,
    json: &PlannedTerm,
    default_unset: bool,
) -> Result<(Vec<Choice>, ClusteringRestriction, Effect), QueryError> {
    if table.is_counter() {
        return Err(QueryError::invalid(
            "INSERT statements are not allowed on counter tables, use UPDATE instead",
        ));
    }
    let field = |index: usize, default_unset: bool| {
        let column = &table.columns[index];
        PlannedTerm::JsonField {
            json: Box::new(json.clone()),
            column: column.name.clone(),
            ty: column.ty.clone(),
            default_unset,
        }
    };
    let choice = |index: usize| Choice::one(&table.columns[index].name, field(index, false));
    let clustering = table.clustering_range();
    let keys = (0..clustering.start).map(choice).collect();
    let equal = clustering.clone().map(choice).collect();
    let others = clustering.end..table.columns.len();
    let assignments = others.map(|column| PlannedAssignment {
        column,
        operation: PlannedOperation::Set(field(column, default_unset)),
    });
    let effect = Effect::Write { assignments: assignments.collect(), inserts_row: true };
    Ok((keys, ClusteringRestriction { equal, ..ClusteringRestriction::default() }, effect))
}

fn check_target(
    statement: &str,
    table: &Table,
    clustering: &ClusteringRestriction,
    assignments: &[PlannedAssignment],
    condition: &Condition,
) -> Result<(), QueryError> {
    let static_only =
        assignments.iter().all(|assignment| is_static(&table.columns[assignment.column]))
            && !looks_at_row(table, condition);
    if static_only && !table.clustering().is_empty() {
        if clustering.is_unrestricted() {
            return Ok(());
        }
        return Err(QueryError::Invalid(format!(
            "Invalid restrictions on clustering columns since the {statement} statement modifies only static columns"
        )));
    }
    let is_slice = clustering.lower.is_some() || clustering.upper.is_some();
    if statement == "DELETE" && (is_slice || !clustering.names_rows(table)) {
        return Err(QueryError::invalid("Range deletions are not supported for specific columns"));
    }
    if is_slice {
        return Err(QueryError::invalid(
            "Slice restrictions are not supported on the clustering columns in UPDATE statements",
        ));
    }
    if !clustering.names_rows(table) {
        let missing =
            table.clustering()[clustering.restricted()..].iter().map(|column| &column.name);
        return Err(missing_parts("Some clustering keys are missing", missing));
    }
    Ok(())
}

/// Whether a condition is about more than static columns.
fn looks_at_row(table: &Table, condition: &Condition) -> bool {
    let Condition::Columns(relations) = condition else {
        return false;
    };
    relations.iter().any(|relation| {
        let (RelationTarget::Column(name)
        | RelationTarget::Element(name, _)
        | RelationTarget::Field(name, _)) = &relation.target
        else {
            return false;
        };
        table.column_index(name).is_some_and(|index| !is_static(&table.columns[index]))
    })
}

fn missing_parts<'a>(problem: &str, names: impl Iterator<Item = &'a String>) -> QueryError {
    QueryError::Invalid(format!("{problem}: {}", names.cloned().collect::<Vec<_>>().join(", ")))
}

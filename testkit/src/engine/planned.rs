//! A statement that is ready to run, as often as wanted.

use std::sync::Arc;

use helenus_protocol::{
    BatchKind, Cell, ColumnSpec, CqlType, PreparedMetadata, ResultMetadata, Values,
};

use super::evaluation::Evaluated;
use super::modification::ModificationPlan;
use super::planner::Planner;
use super::select::SelectPlan;
use super::term::{Bindings, PlannedTerm};
use crate::cql::ast;
use crate::query_error::QueryError;
use crate::schema::Table;

#[derive(Debug)]
pub(crate) struct Planned {
    pub(super) plan: Plan,
    pub(super) markers: Arc<[ColumnSpec]>,
    /// The markers that make up the partition key, or none.
    pub(super) partition_key: Vec<u16>,
    pub(super) names_keyspace: bool,
}

#[derive(Debug)]
pub(super) enum Plan {
    Select(Box<SelectPlan>),
    Modification(Box<ModificationPlan>),
    Batch(BatchPlan),
    Truncate(Arc<Table>),
    Use(String),
    /// A DESCRIBE, and the keyspace of names that say none.
    Describe(ast::Describe, Option<String>),
    /// A statement about roles, and the keyspace of names that say none.
    Role(ast::RoleStatement, Option<String>),
    /// A change of the schema, the keyspace of names that say none, and its text.
    Schema(Box<ast::Statement>, Option<String>, Box<str>),
}

#[derive(Debug)]
pub(super) struct BatchPlan {
    pub(super) kind: BatchKind,
    pub(super) timestamp: Option<PlannedTerm>,
    pub(super) statements: Vec<ModificationPlan>,
}

impl Planner<'_> {
    pub(super) fn batch(&mut self, batch: &ast::Batch) -> Result<BatchPlan, QueryError> {
        if batch.ttl.is_some() {
            let problem = "Global TTL on the BATCH statement is not supported.";
            return Err(QueryError::invalid(problem));
        }
        let mut statements = Vec::with_capacity(batch.statements.len());
        for statement in &batch.statements {
            if batch.timestamp.is_some() && statement.timestamp.is_some() {
                return Err(QueryError::invalid(
                    "Timestamp must be set either on BATCH or individual statements",
                ));
            }
            statements.push(self.modification(statement)?);
        }
        let timestamp = match statements.first() {
            Some(first) => {
                let mut table = Table::clone(&first.table);
                (table.keyspace, table.name) = ("[batch]".into(), "[batch]".into());
                if matches!(batch.timestamp, Some(ast::Term::Marker(_))) {
                    // Not all markers are of one table then.
                    self.forget_key();
                }
                self.using(&table, batch.timestamp.as_ref(), "[timestamp]", &CqlType::BigInt)?
            }
            None => None,
        };
        let kind = match batch.kind {
            ast::BatchKind::Logged => BatchKind::Logged,
            ast::BatchKind::Unlogged => BatchKind::Unlogged,
            ast::BatchKind::Counter => BatchKind::Counter,
        };
        Ok(BatchPlan { kind, timestamp, statements })
    }
}

impl Planned {
    /// Puts values in the order of the markers.
    pub(crate) fn bind<'v>(&self, values: &Values<'v>) -> Result<Vec<Cell<'v>>, QueryError> {
        if values.is_named() {
            return self.markers.iter().map(|marker| named(values, &marker.name)).collect();
        }
        if usize::from(values.count()) != self.markers.len() {
            return Err(QueryError::Invalid(format!(
                "there were {} markers(?) in CQL but {} bound variables",
                self.markers.len(),
                values.count()
            )));
        }
        Ok(values.iter().map(|(_, cell)| cell).collect())
    }

    /// Whether it is the same statement in every keyspace.
    pub(crate) fn names_keyspace(&self) -> bool {
        self.names_keyspace
    }

    /// What the markers stand for.
    pub(crate) fn markers(&self) -> &Arc<[ColumnSpec]> {
        &self.markers
    }

    /// What PREPARE tells about the markers.
    pub(crate) fn marker_metadata(&self) -> PreparedMetadata {
        PreparedMetadata {
            flags: 0,
            partition_key: self.partition_key.clone(),
            columns: self.markers.to_vec(),
        }
    }

    /// What PREPARE tells about the rows.
    pub(crate) fn result_metadata(&self) -> ResultMetadata {
        match &self.plan {
            Plan::Select(select) => ResultMetadata::of(select.columns.clone()),
            _ => ResultMetadata::default(),
        }
    }

    /// Whether it writes, so that the rows it may answer with tell whether it did.
    pub(crate) fn is_modification(&self) -> bool {
        matches!(self.plan, Plan::Modification(_) | Plan::Batch(_))
    }

    /// The tables that it reads and writes.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        let (one, several): (Option<&Arc<Table>>, &[ModificationPlan]) = match &self.plan {
            Plan::Select(select) => (Some(&select.table), &[]),
            Plan::Modification(modification) => (Some(&modification.table), &[]),
            Plan::Batch(batch) => (None, &batch.statements),
            Plan::Truncate(table) => (Some(table), &[]),
            Plan::Use(_) | Plan::Describe(..) | Plan::Role(..) | Plan::Schema(..) => (None, &[]),
        };
        one.into_iter().chain(several.iter().map(|plan| &plan.table))
    }
}

fn named<'v>(values: &Values<'v>, name: &str) -> Result<Cell<'v>, QueryError> {
    let found = values.iter().find(|(given, _)| *given == Some(name));
    found
        .map(|(_, cell)| cell)
        .ok_or_else(|| QueryError::Invalid(format!("Missing value for bind marker {name}")))
}

impl PlannedTerm {
    /// Its value as the timestamp of a write; `None` if it is left unset.
    pub(super) fn timestamp(&self, bindings: &Bindings<'_>) -> Result<Option<i64>, QueryError> {
        match self.evaluate(bindings)? {
            Evaluated::Unset => Ok(None),
            Evaluated::Null => Err(QueryError::invalid("Invalid null value of timestamp")),
            Evaluated::Value(value) => match value.as_ref().try_into().map(i64::from_be_bytes) {
                Ok(i64::MIN) | Err(_) => Err(QueryError::invalid("Invalid timestamp value")),
                Ok(timestamp) => Ok(Some(timestamp)),
            },
        }
    }
}

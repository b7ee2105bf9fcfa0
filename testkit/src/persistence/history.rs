//! The statements that make the schema as it is.

use std::collections::HashSet;

use helenus_protocol::{SchemaChange, SchemaChangeKind, SchemaTarget};
use uuid::Uuid;

use super::entry::{CreatedTable, SchemaStatement};
use crate::schema::Catalog;

/// Statements in the order in which they were run, without those about what is gone.
#[derive(Debug, Default)]
pub(super) struct History {
    statements: Vec<(Subject, SchemaStatement)>,
    /// The tables that were made.
    tables: HashSet<Uuid>,
}

/// What a statement is about.
#[derive(Debug, PartialEq, Eq)]
struct Subject {
    keyspace: String,
    table: Option<String>,
}

impl Subject {
    fn of(change: &SchemaChange) -> Self {
        let table = match &change.target {
            SchemaTarget::Table(name) => Some(name.clone()),
            _ => None,
        };
        Self { keyspace: change.keyspace.clone(), table }
    }
}

impl History {
    /// Takes note of a statement and of what it changed, the statement's own change last; gives it back as it is
    /// written down.
    pub(super) fn add(
        &mut self,
        cql: &str,
        keyspace: Option<&str>,
        changes: &[SchemaChange],
        catalog: &Catalog,
    ) -> Option<SchemaStatement> {
        let own = changes.last()?;
        let created = changes.iter().filter(|change| change.kind == SchemaChangeKind::Created);
        let created = created.filter_map(|change| {
            let SchemaTarget::Table(name) = &change.target else { return None };
            let id = catalog.table(&change.keyspace, name)?.id;
            Some(CreatedTable { id, keyspace: change.keyspace.clone(), name: name.clone() })
        });
        let statement = SchemaStatement {
            cql: cql.to_owned(),
            keyspace: keyspace.map(str::to_owned),
            created: created.collect(),
        };
        self.tables.extend(statement.created.iter().map(|table| table.id));
        let subject = Subject::of(own);
        // What a type or a function was for may need it still, as it is made again in the same order.
        let is_whole = matches!(own.target, SchemaTarget::Keyspace | SchemaTarget::Table(_));
        if own.kind == SchemaChangeKind::Dropped && is_whole {
            self.forget(&subject);
        } else {
            self.statements.push((subject, statement.clone()));
        }
        Some(statement)
    }

    fn forget(&mut self, gone: &Subject) {
        let is_gone = |subject: &Subject| {
            subject.keyspace == gone.keyspace
                && (gone.table.is_none() || subject.table == gone.table)
        };
        for (_, statement) in self.statements.extract_if(.., |(subject, _)| is_gone(subject)) {
            for table in statement.created {
                self.tables.remove(&table.id);
            }
        }
    }

    pub(super) fn statements(&self) -> impl Iterator<Item = &SchemaStatement> {
        self.statements.iter().map(|(_, statement)| statement)
    }

    /// Whether a table is one that a statement made, and no table of the system's own.
    pub(super) fn has_table(&self, id: Uuid) -> bool {
        self.tables.contains(&id)
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = Uuid> {
        self.tables.iter().copied()
    }
}

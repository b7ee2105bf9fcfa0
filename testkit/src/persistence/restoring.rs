//! Finding data, and going on with them.

use std::collections::HashMap;
use std::path::Path;

use uuid::Uuid;

use super::entry::{Entry, FORMAT, SchemaStatement};
use super::history::History;
use super::journal::{lock, log_in};
use super::{DataError, Journal, RestoredData};
use crate::engine::{Engine, Execution, NoVirtualTables, PageRequest, StatementTime};
use crate::record_file::{Records, Tail};
use crate::storage::Mutation;

/// Bytes that a log may grow by before it is written anew, at least.
const GROWTH: u64 = 64 * 1024 * 1024;

/// Restores what is kept in a directory, and keeps what follows there.
pub(crate) fn open(engine: &Engine, directory: &Path) -> Result<RestoredData, DataError> {
    open_with_growth(engine, directory, GROWTH)
}

pub(super) fn open_with_growth(
    engine: &Engine,
    directory: &Path,
    growth: u64,
) -> Result<RestoredData, DataError> {
    let lock = lock(directory)?;
    let mut restoring = Restoring {
        engine,
        directory,
        history: History::default(),
        tables: HashMap::new(),
        restored: RestoredData::default(),
    };
    let log = log_in(directory);
    if log.exists() {
        restoring.run(&log)?;
    }
    let Restoring { history, restored, .. } = restoring;
    let journal = Journal::start(directory, lock, history, &engine.storage, growth)?;
    engine.storage.keep(journal);
    Ok(restored)
}

struct Restoring<'a> {
    engine: &'a Engine,
    directory: &'a Path,
    history: History,
    /// What the tables of the log are called now.
    tables: HashMap<Uuid, Uuid>,
    restored: RestoredData,
}

impl Restoring<'_> {
    fn run(&mut self, log: &Path) -> Result<(), DataError> {
        let mut records = Records::open(log, FORMAT)?;
        while let Some(record) = records.next()? {
            match Entry::decode(&record) {
                Some(Entry::Schema(statement)) => self.run_statement(&statement)?,
                Some(Entry::Writes(writes)) => self.write(writes),
                Some(Entry::Truncate(table)) => self.truncate(table),
                None => return Err(records.damage("it is none of the data's records").into()),
            }
        }
        if let Tail::CutOff { at, bytes } = records.tail() {
            let log = log.display();
            tracing::warn!(%log, at, bytes, "the end of the data is no whole record, and is left out");
            self.restored.cut_off = bytes;
        }
        Ok(())
    }

    fn run_statement(&mut self, statement: &SchemaStatement) -> Result<(), DataError> {
        let SchemaStatement { cql, keyspace, created } = statement;
        let execution = Execution {
            virtual_tables: &NoVirtualTables,
            values: &[],
            page: PageRequest { size: None, state: None, skip_metadata: false },
            time: StatementTime::default(),
            user: None,
        };
        let planned = self.engine.plan(cql, keyspace.as_deref());
        let outcome = planned.and_then(|planned| self.engine.execute(&planned, execution));
        let changes = outcome.map_err(|error| DataError::Statement {
            path: self.directory.to_owned(),
            statement: cql.clone(),
            problem: error.to_string(),
        })?;
        let catalog = self.engine.schema.snapshot();
        self.history.add(cql, keyspace.as_deref(), &changes.schema_changes, &catalog);
        for table in created {
            if let Some(now) = catalog.table(&table.keyspace, &table.name) {
                self.tables.insert(table.id, now.id);
            }
        }
        self.restored.schema_statements += 1;
        Ok(())
    }

    fn write(&mut self, writes: Vec<(Uuid, Mutation)>) {
        for (table, mutation) in writes {
            // One that was dropped since needs nothing.
            let now = self.tables.get(&table);
            if let Some(store) = now.and_then(|id| self.engine.storage.table(*id)) {
                store.write().apply(mutation);
            }
        }
        self.restored.writes += 1;
    }

    fn truncate(&mut self, table: Uuid) {
        let now = self.tables.get(&table);
        if let Some(store) = now.and_then(|id| self.engine.storage.table(*id)) {
            store.write().truncate();
        }
    }
}

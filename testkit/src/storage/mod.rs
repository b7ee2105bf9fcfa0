//! Rows in memory: partitions by token, rows by clustering, cells by timestamp.
//!
//! A [`Mutation`] holds all that a write needs, so it can be applied to any storage that knows the table. The nodes
//! of a cluster share one storage for now.

mod cell;
mod clustering;
mod elements;
mod mutation;
mod partition;
mod row;
mod rows;
mod snapshot;
mod table_data;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use crate::persistence::{Journal, Turn};
use crate::query_error::QueryError;

pub(crate) use cell::{Cell, Lifetime};
pub(crate) use clustering::{Clustering, ClusteringRange};
pub(crate) use elements::Elements;
pub(crate) use mutation::{CellChange, Change, ElementChange, Mutation, RowWrite};
pub(crate) use partition::{Partition, PartitionKey};
pub(crate) use row::{Row, Slot};
pub(crate) use table_data::TableData;

/// The data of every table, by the table's id.
#[derive(Debug, Default)]
pub(crate) struct Storage {
    tables: RwLock<HashMap<Uuid, Arc<TableStore>>>,
    /// Where writes are kept, if they are.
    journal: OnceLock<Journal>,
}

impl Storage {
    /// Makes room for a table.
    pub(crate) fn add_table(&self, id: Uuid) {
        self.tables.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::default());
    }

    pub(crate) fn drop_table(&self, id: Uuid) {
        self.tables.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Keeps what is written from now on.
    pub(crate) fn keep(&self, journal: Journal) {
        // A cluster keeps its data in one place, which its builder says.
        let _ = self.journal.set(journal);
    }

    pub(crate) fn journal(&self) -> Option<&Journal> {
        self.journal.get()
    }

    /// Waits for the right to write, or, `alone`, to change what there is to be written to.
    pub(crate) fn turn(&self, alone: bool) -> Option<Turn<'_>> {
        self.journal().map(|journal| journal.turn(alone, self))
    }

    /// Writes down what is to be written together, before it is.
    pub(crate) fn log<'m>(
        &self,
        writes: impl IntoIterator<Item = (Uuid, &'m Mutation)>,
    ) -> Result<(), QueryError> {
        self.journal().map_or(Ok(()), |journal| journal.log_writes(writes))
    }

    /// A table's data; `None` once it was dropped.
    pub(crate) fn table(&self, id: Uuid) -> Option<Arc<TableStore>> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}

/// The data of one table, shared by everyone who reads and writes it.
#[derive(Debug, Default)]
pub(crate) struct TableStore {
    data: RwLock<TableData>,
    /// The version of the table's columns that statements have to be prepared for.
    version: AtomicU64,
}

impl TableStore {
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn set_version(&self, version: u64) {
        self.version.store(version, Ordering::Release);
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, TableData> {
        self.data.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, TableData> {
        self.data.write().unwrap_or_else(PoisonError::into_inner)
    }
}

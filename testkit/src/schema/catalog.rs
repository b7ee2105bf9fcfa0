//! The schema that all nodes of a cluster agree on.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;

use super::{Keyspace, Table};
use crate::query_error::QueryError;

/// An immutable state of the schema.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    pub(crate) version: Uuid,
    pub(crate) keyspaces: BTreeMap<String, Arc<Keyspace>>,
}

impl Catalog {
    pub(crate) fn keyspace(&self, name: &str) -> Option<&Arc<Keyspace>> {
        self.keyspaces.get(name)
    }

    pub(crate) fn table(&self, keyspace: &str, table: &str) -> Option<&Arc<Table>> {
        self.keyspace(keyspace)?.tables.get(table)
    }

    pub(crate) fn add_keyspace(&mut self, keyspace: Keyspace) {
        self.keyspaces.insert(keyspace.name.clone(), Arc::new(keyspace));
    }

    /// Adds a table to its keyspace, if that exists.
    pub(crate) fn add_table(&mut self, mut table: Table) {
        if let Some(keyspace) = self.keyspaces.get_mut(&*table.keyspace) {
            table.strategy = keyspace.replication.strategy().into();
            Arc::make_mut(keyspace).tables.insert(table.name.to_string(), Arc::new(table));
        }
    }

    /// Puts a table in the place of its former self.
    pub(crate) fn replace_table(&mut self, table: Table) {
        if let Some(keyspace) = self.keyspaces.get_mut(&*table.keyspace) {
            Arc::make_mut(keyspace).tables.insert(table.name.to_string(), Arc::new(table));
        }
    }

    /// A keyspace that is to be changed, or the complaint that there is none.
    pub(crate) fn keyspace_mut(&mut self, name: &str) -> Result<&mut Keyspace, QueryError> {
        match self.keyspaces.get_mut(name) {
            Some(keyspace) => Ok(Arc::make_mut(keyspace)),
            None => Err(QueryError::Invalid(format!("Keyspace '{name}' doesn't exist"))),
        }
    }

    pub(crate) fn drop_table(&mut self, keyspace: &str, table: &str) {
        if let Some(keyspace) = self.keyspaces.get_mut(keyspace) {
            Arc::make_mut(keyspace).tables.remove(table);
        }
    }
}

/// The schema: read as a snapshot, replaced as a whole.
#[derive(Debug)]
pub(crate) struct Schema {
    current: RwLock<Arc<Catalog>>,
}

impl Schema {
    pub(crate) fn new() -> Self {
        let empty = Catalog { version: Uuid::new_v4(), keyspaces: BTreeMap::new() };
        Self { current: RwLock::new(Arc::new(empty)) }
    }

    pub(crate) fn snapshot(&self) -> Arc<Catalog> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets `change` edit the schema. Where it succeeds and returns something, the schema gets a new version;
    /// otherwise it stays as it was.
    pub(crate) fn update<T, E>(
        &self,
        change: impl FnOnce(&mut Catalog) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Catalog::clone(&current);
        let changed = change(&mut next)?;
        if changed.is_some() {
            next.version = Uuid::new_v4();
            *current = Arc::new(next);
        }
        Ok(changed)
    }
}

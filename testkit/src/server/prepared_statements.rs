//! The statements that a node has prepared.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use md5::{Digest, Md5};

use super::result_metadata_id::ResultMetadataId;
use crate::engine::Planned;
use crate::query_error::PreparedId;

#[derive(Debug, Default)]
pub(crate) struct PreparedStatements {
    by_id: RwLock<HashMap<PreparedId, Kept>>,
}

#[derive(Debug)]
struct Kept {
    statement: Arc<PreparedStatement>,
    /// Whether `system.prepared_statements` has a row of it.
    is_listed: bool,
}

#[derive(Debug)]
pub(crate) struct PreparedStatement {
    pub(crate) cql: Arc<str>,
    /// The one that names without a keyspace are of.
    pub(crate) keyspace: Option<Box<str>>,
    pub(crate) planned: Planned,
    pub(crate) result_metadata_id: ResultMetadataId,
}

impl PreparedStatements {
    /// The id of a text in a keyspace, if it depends on one: the same on every node.
    pub(crate) fn id(keyspace: Option<&str>, cql: &str) -> PreparedId {
        let mut digest = Md5::new();
        digest.update(keyspace.unwrap_or_default());
        digest.update(cql);
        digest.finalize().into()
    }

    pub(crate) fn get(&self, id: &[u8]) -> Option<Arc<PreparedStatement>> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.get(id).map(|kept| kept.statement.clone())
    }

    /// Those that `system.prepared_statements` has rows of.
    pub(crate) fn listed(&self) -> Vec<(PreparedId, Arc<PreparedStatement>)> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        let listed = by_id.iter().filter(|(_, kept)| kept.is_listed);
        listed.map(|(id, kept)| (*id, kept.statement.clone())).collect()
    }

    /// Keeps a statement; one that is kept already is not listed anew.
    pub(crate) fn insert(&self, id: PreparedId, statement: PreparedStatement) {
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        let is_listed = by_id.get(&id).is_none_or(|kept| kept.is_listed);
        by_id.insert(id, Kept { statement: Arc::new(statement), is_listed });
    }

    /// Empties `system.prepared_statements`, and forgets none of them.
    pub(crate) fn truncate_list(&self) {
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        by_id.values_mut().for_each(|kept| kept.is_listed = false);
    }

    pub(crate) fn remove(&self, id: &[u8]) {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Forgets all of them, as a node that restarts does.
    pub(crate) fn clear(&self) {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

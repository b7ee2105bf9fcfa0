//! The statements that a node has prepared.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use md5::{Digest, Md5};

use super::result_metadata_id::ResultMetadataId;
use crate::engine::Planned;
use crate::query_error::PreparedId;

#[derive(Debug, Default)]
pub(crate) struct PreparedStatements {
    by_id: RwLock<HashMap<PreparedId, Arc<PreparedStatement>>>,
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
        self.by_id.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<(PreparedId, Arc<PreparedStatement>)> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.iter().map(|(id, statement)| (*id, statement.clone())).collect()
    }

    pub(crate) fn insert(&self, id: PreparedId, statement: PreparedStatement) {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(statement));
    }

    pub(crate) fn remove(&self, id: &[u8]) {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Forgets all of them, as a node that restarts does.
    pub(crate) fn clear(&self) {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

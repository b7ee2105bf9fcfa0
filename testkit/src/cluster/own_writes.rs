//! What clients have written to the tables in which a node tells of itself and its peers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::query_error::QueryError;
use crate::storage::{Mutation, TableData};

/// Writes that a node keeps, so that no client fills the memory with them.
const MOST: usize = 1000;

/// They lie over the rows that are computed, and are forgotten when the node restarts.
#[derive(Debug, Default)]
pub(crate) struct OwnWrites {
    kept: Mutex<Vec<(Uuid, Mutation)>>,
}

impl OwnWrites {
    pub(crate) fn keep(&self, table: Uuid, mutations: Vec<Mutation>) -> Result<(), QueryError> {
        let mut kept = self.kept();
        if kept.len() + mutations.len() > MOST {
            return Err(QueryError::Invalid(format!(
                "a node keeps {MOST} writes to its own tables: restart it to begin anew"
            )));
        }
        kept.extend(mutations.into_iter().map(|mutation| (table, mutation)));
        Ok(())
    }

    pub(crate) fn apply_to(&self, table: Uuid, data: &mut TableData) {
        for (_, mutation) in self.kept().iter().filter(|(written, _)| *written == table) {
            data.apply(mutation.clone());
        }
    }

    pub(crate) fn clear(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Uuid, Mutation)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

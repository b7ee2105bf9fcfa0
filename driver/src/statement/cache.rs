use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;

use super::PreparedStatement;

/// The statements that a session has prepared, by their text, up to a limit.
#[derive(Debug)]
pub(crate) struct StatementCache {
    capacity: usize,
    clock: AtomicU64,
    entries: DashMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    statement: PreparedStatement,
    used: AtomicU64,
}

impl StatementCache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, clock: AtomicU64::new(0), entries: DashMap::new() }
    }

    pub(crate) fn get(&self, cql: &str) -> Option<PreparedStatement> {
        let entry = self.entries.get(cql)?;
        entry.used.store(self.tick(), Ordering::Relaxed);
        Some(entry.statement.clone())
    }

    /// Keeps a statement; where there is no room, the one that was not used for longest goes.
    pub(crate) fn insert(&self, statement: PreparedStatement) {
        if self.capacity == 0 {
            return;
        }
        let used = AtomicU64::new(self.tick());
        self.entries.insert(statement.cql().to_owned(), Entry { statement, used });
        while self.entries.len() > self.capacity {
            let oldest = self
                .entries
                .iter()
                .min_by_key(|entry| entry.used.load(Ordering::Relaxed))
                .map(|entry| entry.key().clone());
            match oldest {
                Some(cql) => self.entries.remove(&cql),
                None => return,
            };
        }
    }

    /// The texts of the statements.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.key().clone()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use helenus_protocol::{Prepared, PreparedMetadata, ResultMetadata};

    use super::*;
    use crate::statement::StatementOptions;

    fn statement(cql: &str) -> PreparedStatement {
        let prepared = Prepared {
            id: Bytes::from_static(b"id"),
            result_metadata_id: None,
            metadata: PreparedMetadata::default(),
            result: ResultMetadata::default(),
        };
        PreparedStatement::new(cql.to_owned(), prepared, StatementOptions::default())
    }

    #[test]
    fn the_statement_that_was_not_used_for_longest_goes_first() {
        let cache = StatementCache::new(2);
        cache.insert(statement("a"));
        cache.insert(statement("b"));
        assert!(cache.get("a").is_some());
        cache.insert(statement("c"));
        assert!(cache.get("b").is_none());
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn a_cache_without_room_keeps_nothing() {
        let cache = StatementCache::new(0);
        cache.insert(statement("a"));
        assert!(cache.get("a").is_none());
    }
}

use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;

use super::PreparedStatement;

/// The statements that a session has prepared, by their text, up to a limit.
#[derive(Debug)]
pub(crate) struct StatementCache {
    capacity: usize,
    clock: AtomicU64,
    /// How often all were forgotten.
    generation: AtomicU64,
    entries: DashMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    statement: PreparedStatement,
    generation: u64,
    used: AtomicU64,
}

impl StatementCache {
    pub(crate) fn new(capacity: usize) -> Self {
        let (clock, generation) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { capacity, clock, generation, entries: DashMap::new() }
    }

    pub(crate) fn get(&self, cql: &str) -> Option<PreparedStatement> {
        let entry = self.entries.get(cql)?;
        if entry.generation != self.generation() {
            return None;
        }
        entry.used.store(self.tick(), Ordering::Relaxed);
        Some(entry.statement.clone())
    }

    /// To be looked at before a statement is prepared that is to be kept.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Forgets all statements, and those that are being prepared.
    pub(crate) fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.entries.clear();
    }

    /// Keeps a statement, unless all were forgotten since that generation; where there is no room, the one that was not
    /// used for longest goes.
    pub(crate) fn insert(&self, statement: PreparedStatement, generation: u64) {
        if self.capacity == 0 || generation != self.generation() {
            return;
        }
        let used = AtomicU64::new(self.tick());
        self.entries.insert(statement.cql().to_owned(), Entry { statement, generation, used });
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
        cache.insert(statement("a"), 0);
        cache.insert(statement("b"), 0);
        assert!(cache.get("a").is_some());
        cache.insert(statement("c"), 0);
        assert!(cache.get("b").is_none());
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn a_cache_without_room_keeps_nothing() {
        let cache = StatementCache::new(0);
        cache.insert(statement("a"), 0);
        assert!(cache.get("a").is_none());
    }

    #[test]
    fn what_was_being_prepared_when_all_were_forgotten_is_not_kept() {
        let cache = StatementCache::new(2);
        cache.insert(statement("a"), 0);
        let generation = cache.generation();
        cache.forget_all();
        assert!(cache.get("a").is_none());
        cache.insert(statement("a"), generation);
        assert!(cache.get("a").is_none());
        cache.insert(statement("a"), cache.generation());
        assert!(cache.get("a").is_some());
    }
}

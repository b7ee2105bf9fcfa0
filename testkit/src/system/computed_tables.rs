//! Computed tables that are kept until what they were computed from changes.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::storage::TableData;

/// Tables that are kept: as many as a node has, and some more for nodes that are asked by turns.
const CAPACITY: usize = 16;

/// What a computed table was computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) table: Uuid,
    pub(super) schema_version: Uuid,
    /// The node whose view of the cluster it is and the version of the topology, unless all nodes see the same.
    pub(super) view: Option<(Uuid, u64)>,
}

/// The tables that were read last, so that the next page need not compute them again.
#[derive(Debug, Default)]
pub(crate) struct ComputedTables {
    /// Least recently used first.
    kept: Mutex<Vec<(Source, Arc<TableData>)>>,
}

impl ComputedTables {
    pub(super) fn get_or_compute(
        &self,
        source: Source,
        compute: impl FnOnce() -> TableData,
    ) -> Arc<TableData> {
        if let Some(data) = self.get(source) {
            return data;
        }
        let data = Arc::new(compute());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same_table = |other: &Source| {
            (other.table, other.view.map(|(node, _)| node))
                == (source.table, source.view.map(|(node, _)| node))
        };
        kept.retain(|(other, _)| !is_same_table(other));
        if kept.len() == CAPACITY {
            kept.remove(0);
        }
        kept.push((source, data.clone()));
        data
    }

    fn get(&self, source: Source) -> Option<Arc<TableData>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let index = kept.iter().position(|(other, _)| *other == source)?;
        kept[index..].rotate_left(1);
        kept.last().map(|(_, data)| data.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(table: u128, version: u64) -> Source {
        let view = Some((Uuid::nil(), version));
        Source { table: Uuid::from_u128(table), schema_version: Uuid::nil(), view }
    }

    #[test]
    fn a_table_is_computed_once_for_each_state_of_its_source() {
        let tables = ComputedTables::default();
        let mut computed = 0;
        for version in [1, 1, 2, 2, 1] {
            tables.get_or_compute(source(7, version), || {
                computed += 1;
                TableData::default()
            });
        }
        assert_eq!(computed, 3);
        assert_eq!(tables.kept.lock().unwrap().len(), 1);
    }

    #[test]
    fn only_the_tables_that_were_read_last_are_kept() {
        let tables = ComputedTables::default();
        for table in 0..100 {
            tables.get_or_compute(source(table, 0), TableData::default);
            tables.get_or_compute(source(0, 0), TableData::default);
        }
        let kept: Vec<_> =
            tables.kept.lock().unwrap().iter().map(|(source, _)| source.table.as_u128()).collect();
        assert_eq!(kept.len(), CAPACITY);
        assert_eq!(kept[CAPACITY - 2..], [99, 0]);
    }
}

//! A write to one partition.

use super::cell::Lifetime;
use super::clustering::{Clustering, ClusteringRange};
use super::partition::PartitionKey;

#[derive(Debug, Clone)]
pub(crate) struct Mutation {
    pub(crate) key: PartitionKey,
    /// Microseconds since the epoch.
    pub(crate) timestamp: i64,
    pub(crate) change: Change,
}

impl Mutation {
    /// Bytes of a partition's changes beside its rows, as Cassandra counts them.
    pub(crate) const PARTITION_SIZE: usize = 8 + ROW_SIZE;

    /// Bytes of what is changed, as Cassandra counts them where it looks at the size of a batch.
    pub(crate) fn data_size(&self) -> usize {
        match &self.change {
            Change::Write(write) => write.data_size(),
            Change::DeletePartition => 0,
            // The bounds of the range are left out.
            Change::DeleteRows(_) => 4 + 8 + 4,
            Change::DeleteRow(clustering) => ROW_SIZE + clustering.data_size(),
        }
    }
}

/// A row's own timestamp and deletion.
const ROW_SIZE: usize = 8 + 13;
/// When a row ends that does, and how long it lives.
const LIFETIME_SIZE: usize = 4 + 8;
/// A cell's timestamp, time to live and time of deletion.
const CELL_SIZE: usize = 8 + 4 + 8;
/// What is added to a counter, by whom and when.
const COUNT_SIZE: usize = 36;
/// The deletion of all elements that were there before.
const DELETION_SIZE: usize = 12;

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Write(RowWrite),
    DeletePartition,
    DeleteRows(ClusteringRange),
    DeleteRow(Clustering),
}

/// New cells of a row and of its partition's static row.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowWrite {
    /// `None` if only static columns are written.
    pub(crate) clustering: Option<Clustering>,
    /// An INSERT makes the row exist by itself.
    pub(crate) inserts_row: bool,
    pub(crate) lifetime: Lifetime,
    /// By the column's place among the regular columns.
    pub(crate) cells: Vec<(usize, CellChange)>,
    /// By the column's place among the static columns.
    pub(crate) statics: Vec<(usize, CellChange)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CellChange {
    Set(Box<[u8]>),
    Delete,
    /// Adds to a counter.
    Add(i64),
    /// Of a value whose elements are cells of their own.
    Elements {
        /// All that was there before goes.
        replaces: bool,
        changes: Vec<ElementChange>,
    },
}

/// A new state of one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ElementChange {
    /// Byte-comparable.
    pub(crate) order: Box<[u8]>,
    pub(crate) path: Box<[u8]>,
    /// `None` to delete it.
    pub(crate) value: Option<Box<[u8]>>,
}

impl RowWrite {
    fn data_size(&self) -> usize {
        let lifetime = if self.inserts_row && self.lifetime.ttl != 0 { LIFETIME_SIZE } else { 0 };
        let row = |clustering: &Clustering| ROW_SIZE + clustering.data_size() + lifetime;
        let cells = self.cells.iter().chain(&self.statics);
        self.clustering.as_ref().map_or(0, row)
            + cells.map(|(_, change)| change.data_size()).sum::<usize>()
    }
}

impl CellChange {
    fn data_size(&self) -> usize {
        match self {
            Self::Set(value) => CELL_SIZE + value.len(),
            Self::Delete => CELL_SIZE,
            Self::Add(_) => CELL_SIZE + COUNT_SIZE,
            Self::Elements { changes, .. } => {
                let element = |change: &ElementChange| {
                    CELL_SIZE
                        + change.path.len()
                        + change.value.as_ref().map_or(0, |value| value.len())
                };
                DELETION_SIZE + changes.iter().map(element).sum::<usize>()
            }
        }
    }
}

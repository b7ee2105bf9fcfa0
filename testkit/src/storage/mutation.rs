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

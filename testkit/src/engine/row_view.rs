//! A row as a SELECT sees it: key, clustering, static and regular columns side by side.

use std::borrow::Cow;

use super::planner::cell_index;
use crate::schema::{ColumnKind, Table};
use crate::storage::{Cell, Partition, PartitionKey, Row};
use crate::value::{Collection, collection_elements};

#[derive(Debug, Clone, Copy)]
pub(super) struct RowView<'a> {
    pub(super) table: &'a Table,
    pub(super) key: &'a PartitionKey,
    pub(super) partition: &'a Partition,
    /// `None` where only the partition and its static columns are seen.
    pub(super) row: Option<&'a Row>,
    /// Seconds since the epoch.
    pub(super) now: u32,
}

impl<'a> RowView<'a> {
    /// The cell of a static or regular column, if it has a value.
    pub(super) fn cell(&self, column: usize) -> Option<&'a Cell> {
        let row = match self.table.columns[column].kind {
            ColumnKind::Static => Some(self.partition.static_row()),
            ColumnKind::Regular => self.row,
            ColumnKind::PartitionKey | ColumnKind::Clustering { .. } => None,
        };
        row?.cell(cell_index(self.table, column), self.now)
    }

    pub(super) fn value(&self, column: usize) -> Option<&'a [u8]> {
        match self.table.columns[column].kind {
            ColumnKind::PartitionKey => {
                self.key.component(column, self.table.partition_key().len())
            }
            ColumnKind::Clustering { .. } => {
                let index = column - self.table.clustering_range().start;
                collection_elements(Collection::Tuple, self.row?.clustering()).nth(index).flatten()
            }
            ColumnKind::Static | ColumnKind::Regular => self.cell(column)?.live(self.now),
        }
    }

    pub(super) fn owned_value(&self, column: usize) -> Option<Cow<'a, [u8]>> {
        self.value(column).map(Cow::Borrowed)
    }
}

//! The rows that share a partition key.

use std::sync::LazyLock;

use helenus_protocol::Token;

use super::clustering::ClusteringRange;
use super::mutation::{Change, RowWrite};
use super::row::{NEVER, Row};
use super::rows::Rows;

/// A partition's place: by token, then by the key's bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PartitionKey {
    pub(crate) token: Token,
    /// One column's value as it is; several each between a 16-bit length and a zero byte.
    pub(crate) bytes: Box<[u8]>,
}

impl PartitionKey {
    pub(crate) fn new(bytes: Box<[u8]>) -> Self {
        Self { token: Token::of_key(&bytes), bytes }
    }

    /// The key made of the values of the partition key's columns.
    pub(crate) fn of_components(components: &[impl AsRef<[u8]>]) -> Self {
        if let [only] = components {
            return Self::new(only.as_ref().into());
        }
        let mut bytes = Vec::new();
        for component in components {
            let component = component.as_ref();
            let length = u16::try_from(component.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(component);
            bytes.push(0);
        }
        Self::new(bytes.into())
    }

    /// The value of the column at `index` in a key of `count` columns.
    pub(crate) fn component(&self, index: usize, count: usize) -> Option<&[u8]> {
        if count == 1 {
            return Some(&self.bytes);
        }
        let mut rest = &*self.bytes;
        for at in 0..=index {
            let (length, after) = rest.split_first_chunk()?;
            let (component, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
            if at == index {
                return Some(component);
            }
            rest = after.get(1..)?;
        }
        None
    }
}

#[derive(Debug)]
pub(crate) struct Partition {
    /// Writes up to this timestamp are gone.
    pub(super) deleted_at: i64,
    /// Rows that were deleted together, and when; writes to them up to then do not count.
    pub(super) deleted_ranges: Option<Box<DeletedRanges>>,
    /// What most tables have nothing of.
    static_row: Option<Box<Row>>,
    rows: Rows,
}

pub(super) type DeletedRanges = Vec<(ClusteringRange, i64)>;

/// The static columns of a partition that has none.
static NO_STATICS: LazyLock<Row> = LazyLock::new(|| Row::new(Box::default()));

impl Default for Partition {
    fn default() -> Self {
        Self { deleted_at: NEVER, deleted_ranges: None, static_row: None, rows: Rows::default() }
    }
}

impl Partition {
    /// The row of the static columns.
    pub(crate) fn static_row(&self) -> &Row {
        self.static_row.as_deref().unwrap_or(&NO_STATICS)
    }

    pub(crate) fn row(&self, order: &[u8]) -> Option<&Row> {
        self.rows.get(order)
    }

    /// The rows of `range`, each behind its byte-comparable clustering, dead ones included.
    pub(crate) fn rows(
        &self,
        range: &ClusteringRange,
    ) -> impl DoubleEndedIterator<Item = (&[u8], &Row)> {
        range.bounds().map(|bounds| self.rows.range(bounds)).into_iter().flatten()
    }

    pub(super) fn apply(&mut self, change: Change, timestamp: i64) {
        match change {
            Change::Write(write) => self.write(write, timestamp),
            Change::DeletePartition => self.delete(timestamp),
            Change::DeleteRow(clustering) => {
                if timestamp > self.deleted_at {
                    self.rows.get_or_insert(clustering.order, clustering.values).delete(timestamp);
                }
            }
            Change::DeleteRows(range) => self.delete_range(range, timestamp),
        }
    }

    fn write(&mut self, write: RowWrite, timestamp: i64) {
        if timestamp <= self.deleted_at {
            return;
        }
        if !write.statics.is_empty() {
            let statics = self.static_row.get_or_insert_with(|| Box::new(Row::new(Box::default())));
            for (index, change) in &write.statics {
                statics.write(*index, change, timestamp, write.lifetime);
            }
        }
        let Some(clustering) = write.clustering else {
            return;
        };
        let covers = |(range, at): &(ClusteringRange, i64)| {
            timestamp <= *at && range.contains(&clustering.order)
        };
        if self.deleted_ranges.iter().flat_map(|ranges| ranges.iter()).any(covers) {
            return;
        }
        let row = self.rows.get_or_insert(clustering.order, clustering.values);
        if write.inserts_row {
            row.mark(timestamp, write.lifetime);
        }
        for (index, change) in &write.cells {
            row.write(*index, change, timestamp, write.lifetime);
        }
    }

    fn delete(&mut self, timestamp: i64) {
        self.deleted_at = self.deleted_at.max(timestamp);
        if let Some(ranges) = &mut self.deleted_ranges {
            ranges.retain(|(_, at)| *at > timestamp);
        }
        if let Some(statics) = &mut self.static_row {
            statics.purge(timestamp);
        }
        self.rows.retain(|row| {
            row.purge(timestamp);
            !row.is_forgotten()
        });
    }

    fn delete_range(&mut self, range: ClusteringRange, timestamp: i64) {
        let Some(bounds) = range.bounds() else {
            return;
        };
        self.rows.for_each_in(bounds, |row| row.purge(timestamp));
        let ranges = self.deleted_ranges.get_or_insert_default();
        ranges.retain(|(old, at)| *at > timestamp || *old != range);
        ranges.push((range, timestamp));
    }
}

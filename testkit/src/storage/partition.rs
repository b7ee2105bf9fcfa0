//! The rows that share a partition key.

use std::collections::BTreeMap;

use helenus_protocol::Token;

use super::clustering::ClusteringRange;
use super::mutation::{Change, RowWrite};
use super::row::{NEVER, Row};

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
    deleted_at: i64,
    /// Rows that were deleted together, and when; writes to them up to then do not count.
    deleted_ranges: Vec<(ClusteringRange, i64)>,
    static_row: Row,
    rows: BTreeMap<Box<[u8]>, Row>,
}

impl Default for Partition {
    fn default() -> Self {
        Self {
            deleted_at: NEVER,
            deleted_ranges: Vec::new(),
            static_row: Row::new(Box::default()),
            rows: BTreeMap::new(),
        }
    }
}

impl Partition {
    /// The row of the static columns.
    pub(crate) fn static_row(&self) -> &Row {
        &self.static_row
    }

    pub(crate) fn row(&self, order: &[u8]) -> Option<&Row> {
        self.rows.get(order)
    }

    /// The rows of `range`, each behind its byte-comparable clustering, dead ones included.
    pub(crate) fn rows(
        &self,
        range: &ClusteringRange,
    ) -> impl DoubleEndedIterator<Item = (&[u8], &Row)> {
        let rows = range.bounds().map(|bounds| self.rows.range::<[u8], _>(bounds));
        rows.into_iter().flatten().map(|(order, row)| (&**order, row))
    }

    pub(super) fn apply(&mut self, change: Change, timestamp: i64) {
        match change {
            Change::Write(write) => self.write(write, timestamp),
            Change::DeletePartition => self.delete(timestamp),
            Change::DeleteRow(clustering) => {
                if timestamp > self.deleted_at {
                    let row = self
                        .rows
                        .entry(clustering.order)
                        .or_insert_with(|| Row::new(clustering.values));
                    row.delete(timestamp);
                }
            }
            Change::DeleteRows(range) => self.delete_range(range, timestamp),
        }
    }

    fn write(&mut self, write: RowWrite, timestamp: i64) {
        if timestamp <= self.deleted_at {
            return;
        }
        for (index, change) in &write.statics {
            self.static_row.write(*index, change, timestamp, write.lifetime);
        }
        let Some(clustering) = write.clustering else {
            return;
        };
        if self
            .deleted_ranges
            .iter()
            .any(|(range, at)| timestamp <= *at && range.contains(&clustering.order))
        {
            return;
        }
        let row = self.rows.entry(clustering.order).or_insert_with(|| Row::new(clustering.values));
        if write.inserts_row {
            row.mark(timestamp, write.lifetime);
        }
        for (index, change) in &write.cells {
            row.write(*index, change, timestamp, write.lifetime);
        }
    }

    fn delete(&mut self, timestamp: i64) {
        self.deleted_at = self.deleted_at.max(timestamp);
        self.deleted_ranges.retain(|(_, at)| *at > timestamp);
        self.static_row.purge(timestamp);
        self.rows.retain(|_, row| {
            row.purge(timestamp);
            !row.is_forgotten()
        });
    }

    fn delete_range(&mut self, range: ClusteringRange, timestamp: i64) {
        let Some(bounds) = range.bounds() else {
            return;
        };
        for (_, row) in self.rows.range_mut::<[u8], _>(bounds) {
            row.purge(timestamp);
        }
        self.deleted_ranges.retain(|(old, at)| *at > timestamp || *old != range);
        self.deleted_ranges.push((range, timestamp));
    }
}

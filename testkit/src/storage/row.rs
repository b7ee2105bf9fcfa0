//! One row: a marker that it was inserted, and its cells.

use super::cell::{Cell, Lifetime};
use super::mutation::CellChange;

/// The timestamp of what was never deleted.
pub(super) const NEVER: i64 = i64::MIN;

#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The clustering columns' values, each behind its length.
    pub(super) clustering: Box<[u8]>,
    /// An INSERT makes a row exist even if all its cells are null.
    marker: Option<Cell>,
    /// Writes up to this timestamp are gone.
    deleted_at: i64,
    /// By the column's place among the columns of its kind; it may end early.
    cells: Vec<Option<Cell>>,
}

impl Row {
    pub(super) fn new(clustering: Box<[u8]>) -> Self {
        Self { clustering, marker: None, deleted_at: NEVER, cells: Vec::new() }
    }

    /// The clustering columns' values, each behind its length.
    pub(crate) fn clustering(&self) -> &[u8] {
        &self.clustering
    }

    /// Whether there is anything to see at `now`.
    pub(crate) fn is_live(&self, now: u32) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.live(now).is_some())
            || self.cells.iter().flatten().any(|cell| cell.live(now).is_some())
    }

    /// The cell of the column at `index`, if it has a value at `now`.
    pub(crate) fn cell(&self, index: usize, now: u32) -> Option<&Cell> {
        self.cells.get(index)?.as_ref().filter(|cell| cell.live(now).is_some())
    }

    pub(super) fn mark(&mut self, timestamp: i64, lifetime: Lifetime) {
        let marker = Cell { value: Some(Box::default()), timestamp, lifetime };
        if timestamp > self.deleted_at
            && self.marker.as_ref().is_none_or(|old| marker.supersedes(old))
        {
            self.marker = Some(marker);
        }
    }

    pub(super) fn write(
        &mut self,
        index: usize,
        change: &CellChange,
        timestamp: i64,
        lifetime: Lifetime,
    ) {
        if timestamp <= self.deleted_at {
            return;
        }
        if self.cells.len() <= index {
            self.cells.resize(index + 1, None);
        }
        let slot = &mut self.cells[index];
        let cell = match change {
            CellChange::Set(value) => Cell { value: Some(value.clone()), timestamp, lifetime },
            CellChange::Delete => Cell { value: None, timestamp, lifetime: Lifetime::FOREVER },
            CellChange::Add(delta) => {
                let sum = slot.as_ref().and_then(counted).unwrap_or(0).wrapping_add(*delta);
                let timestamp = slot.as_ref().map_or(timestamp, |old| old.timestamp.max(timestamp));
                Cell {
                    value: Some(sum.to_be_bytes().into()),
                    timestamp,
                    lifetime: Lifetime::FOREVER,
                }
            }
        };
        if matches!(change, CellChange::Add(_))
            || slot.as_ref().is_none_or(|old| cell.supersedes(old))
        {
            *slot = Some(cell);
        }
    }

    /// Forgets all writes up to `timestamp`, later ones of that time included.
    pub(super) fn delete(&mut self, timestamp: i64) {
        self.purge(timestamp);
        self.deleted_at = self.deleted_at.max(timestamp);
    }

    /// Drops all writes and deletions up to `timestamp`, which something above the row remembers.
    pub(super) fn purge(&mut self, timestamp: i64) {
        if self.deleted_at <= timestamp {
            self.deleted_at = NEVER;
        }
        self.marker.take_if(|marker| marker.timestamp <= timestamp);
        for slot in &mut self.cells {
            slot.take_if(|cell| cell.timestamp <= timestamp);
        }
        if self.cells.iter().all(Option::is_none) {
            self.cells = Vec::new();
        }
    }

    /// Whether there is neither a write nor a deletion of its own to remember.
    pub(super) fn is_forgotten(&self) -> bool {
        self.marker.is_none() && self.deleted_at == NEVER && self.cells.is_empty()
    }
}

fn counted(cell: &Cell) -> Option<i64> {
    cell.value.as_deref()?.try_into().ok().map(i64::from_be_bytes)
}

//! One row: a marker that it was inserted, and its cells.

use super::cell::{Cell, Lifetime};
use super::elements::Elements;
use super::mutation::CellChange;

/// The timestamp of what was never deleted.
pub(super) const NEVER: i64 = i64::MIN;

#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The clustering columns' values, each behind its length.
    pub(super) clustering: Box<[u8]>,
    /// An INSERT makes a row exist even if all its cells are null.
    pub(super) marker: Option<Cell>,
    /// Writes up to this timestamp are gone.
    pub(super) deleted_at: i64,
    /// By the columns' slots; it may end early.
    pub(super) slots: Vec<Slot>,
}

/// What a row has of a column.
#[derive(Debug, Clone)]
pub(crate) enum Slot {
    Nothing,
    Cell(Cell),
    Elements(Box<Elements>),
}

impl Slot {
    fn is_live(&self, now: u32) -> bool {
        match self {
            Self::Nothing => false,
            Self::Cell(cell) => cell.live(now).is_some(),
            Self::Elements(elements) => elements.live(now).next().is_some(),
        }
    }

    fn write(&mut self, change: &CellChange, timestamp: i64, lifetime: Lifetime) {
        let cell = match change {
            CellChange::Elements { replaces, changes } => {
                let mut elements = self.take_elements();
                if *replaces {
                    elements.delete(timestamp.saturating_sub(1));
                }
                for change in changes {
                    elements.write(change, timestamp, lifetime);
                }
                *self = Self::Elements(elements);
                return;
            }
            CellChange::Delete if matches!(self, Self::Elements(_)) => {
                let mut elements = self.take_elements();
                elements.delete(timestamp);
                *self = Self::Elements(elements);
                return;
            }
            CellChange::Set(value) => Cell { value: Some(value.clone()), timestamp, lifetime },
            CellChange::Delete => Cell { value: None, timestamp, lifetime: Lifetime::FOREVER },
            CellChange::Add(delta) => return self.count(*delta, timestamp),
        };
        if !matches!(self, Self::Cell(old) if !cell.supersedes(old)) {
            *self = Self::Cell(cell);
        }
    }

    /// The elements, out of the slot; of a column that was deleted before it had any, those are none.
    fn take_elements(&mut self) -> Box<Elements> {
        match std::mem::replace(self, Self::Nothing) {
            Self::Elements(elements) => elements,
            Self::Cell(deletion) => Box::new(Elements::new(deletion.timestamp)),
            Self::Nothing => Box::new(Elements::new(NEVER)),
        }
    }

    fn count(&mut self, delta: i64, timestamp: i64) {
        let old = if let Self::Cell(cell) = self { Some(&*cell) } else { None };
        let sum = old.and_then(counted).unwrap_or(0).wrapping_add(delta);
        let timestamp = old.map_or(timestamp, |old| old.timestamp.max(timestamp));
        let value = Some(sum.to_be_bytes().into());
        *self = Self::Cell(Cell { value, timestamp, lifetime: Lifetime::FOREVER });
    }

    fn purge(&mut self, timestamp: i64) {
        let is_gone = match self {
            Self::Nothing => false,
            Self::Cell(cell) => cell.timestamp <= timestamp,
            Self::Elements(elements) => elements.purge(timestamp),
        };
        if is_gone {
            *self = Self::Nothing;
        }
    }
}

impl Row {
    pub(super) fn new(clustering: Box<[u8]>) -> Self {
        Self { clustering, marker: None, deleted_at: NEVER, slots: Vec::new() }
    }

    /// The clustering columns' values, each behind its length.
    pub(crate) fn clustering(&self) -> &[u8] {
        &self.clustering
    }

    /// Whether there is anything to see at `now`.
    pub(crate) fn is_live(&self, now: u32) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.live(now).is_some())
            || self.slots.iter().any(|slot| slot.is_live(now))
    }

    /// What is in a slot at `now`; `None` where that is no value.
    pub(crate) fn slot(&self, index: usize, now: u32) -> Option<&Slot> {
        self.slots.get(index).filter(|slot| slot.is_live(now))
    }

    /// The mark of an INSERT, if it is there at `now`.
    pub(crate) fn marker(&self, now: u32) -> Option<&Cell> {
        self.marker.as_ref().filter(|marker| marker.live(now).is_some())
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
        if self.slots.len() <= index {
            self.slots.resize(index + 1, Slot::Nothing);
        }
        self.slots[index].write(change, timestamp, lifetime);
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
        for slot in &mut self.slots {
            slot.purge(timestamp);
        }
        if self.slots.iter().all(|slot| matches!(slot, Slot::Nothing)) {
            self.slots = Vec::new();
        }
    }

    /// Whether there is neither a write nor a deletion of its own to remember.
    pub(super) fn is_forgotten(&self) -> bool {
        self.marker.is_none() && self.deleted_at == NEVER && self.slots.is_empty()
    }
}

fn counted(cell: &Cell) -> Option<i64> {
    cell.value.as_deref()?.try_into().ok().map(i64::from_be_bytes)
}

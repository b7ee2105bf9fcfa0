//! A value whose elements or fields are cells of their own.

use std::collections::BTreeMap;

use super::cell::{Cell, Lifetime};
use super::mutation::ElementChange;
use super::row::NEVER;

/// The elements of a list, a set or a map, or the fields of a user-defined type.
#[derive(Debug, Clone)]
pub(crate) struct Elements {
    /// Writes up to this timestamp are gone.
    pub(super) deleted_at: i64,
    /// By the bytes that order them.
    pub(super) cells: BTreeMap<Box<[u8]>, Element>,
}

/// A list's element is named by its place, a set's by its value, a map's by its key, a field by its number.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) path: Box<[u8]>,
    pub(crate) cell: Cell,
}

impl Elements {
    pub(super) fn new(deleted_at: i64) -> Self {
        Self { deleted_at, cells: BTreeMap::new() }
    }

    /// The elements that have a value at `now`, in order, each behind what orders it.
    pub(crate) fn live(&self, now: u32) -> impl Iterator<Item = (&[u8], &Element)> {
        let elements = self.cells.iter().map(|(order, element)| (&**order, element));
        elements.filter(move |(_, element)| element.cell.live(now).is_some())
    }

    /// The element at a place, if it has a value at `now`.
    pub(crate) fn get(&self, order: &[u8], now: u32) -> Option<&Cell> {
        let cell = &self.cells.get(order)?.cell;
        cell.live(now).is_some().then_some(cell)
    }

    pub(super) fn write(&mut self, change: &ElementChange, timestamp: i64, lifetime: Lifetime) {
        if timestamp <= self.deleted_at {
            return;
        }
        let lifetime = if change.value.is_some() { lifetime } else { Lifetime::FOREVER };
        let cell = Cell { value: change.value.clone(), timestamp, lifetime };
        match self.cells.get_mut(&change.order) {
            Some(known) if !cell.supersedes(&known.cell) => {}
            Some(known) => known.cell = cell,
            None => {
                let element = Element { path: change.path.clone(), cell };
                self.cells.insert(change.order.clone(), element);
            }
        }
    }

    /// Forgets all writes up to `timestamp`, later ones of that time included.
    pub(super) fn delete(&mut self, timestamp: i64) {
        self.deleted_at = self.deleted_at.max(timestamp);
        self.cells.retain(|_, element| element.cell.timestamp > timestamp);
    }

    /// Drops all writes and deletions up to `timestamp`, which something above remembers; whether nothing is left.
    pub(super) fn purge(&mut self, timestamp: i64) -> bool {
        if self.deleted_at <= timestamp {
            self.deleted_at = NEVER;
        }
        self.cells.retain(|_, element| element.cell.timestamp > timestamp);
        self.cells.is_empty() && self.deleted_at == NEVER
    }
}

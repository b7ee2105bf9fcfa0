//! A row as a SELECT sees it: key, clustering, static and regular columns side by side.

use std::borrow::Cow;

use helenus_protocol::CqlType;

use crate::schema::{ColumnKind, Table};
use crate::storage::{Cell, Elements, Partition, PartitionKey, Row, Slot};
use crate::value::{Collection, collection_elements, write_collection, write_element};

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
    /// What is there of a static or regular column, if it has a value.
    pub(super) fn slot(&self, column: usize) -> Option<&'a Slot> {
        let column = &self.table.columns[column];
        let row = match column.kind {
            ColumnKind::Static => Some(self.partition.static_row()),
            ColumnKind::Regular => self.row,
            ColumnKind::PartitionKey | ColumnKind::Clustering { .. } => None,
        };
        row?.slot(column.slot, self.now)
    }

    /// The cell of a static or regular column, if it has a value and is one cell.
    pub(super) fn cell(&self, column: usize) -> Option<&'a Cell> {
        match self.slot(column)? {
            Slot::Cell(cell) => Some(cell),
            Slot::Nothing | Slot::Elements(_) => None,
        }
    }

    /// The elements of a column whose elements are cells of their own, if it has any.
    pub(super) fn elements(&self, column: usize) -> Option<&'a Elements> {
        match self.slot(column)? {
            Slot::Elements(elements) => Some(elements),
            Slot::Nothing | Slot::Cell(_) => None,
        }
    }

    pub(super) fn value(&self, column: usize) -> Option<Cow<'a, [u8]>> {
        match self.table.columns[column].kind {
            ColumnKind::PartitionKey => {
                self.key.component(column, self.table.partition_key().len()).map(Cow::Borrowed)
            }
            ColumnKind::Clustering { .. } => {
                let index = column - self.table.clustering_range().start;
                collection_elements(Collection::Tuple, self.row?.clustering())
                    .nth(index)
                    .flatten()
                    .map(Cow::Borrowed)
            }
            ColumnKind::Static | ColumnKind::Regular => match self.slot(column)? {
                Slot::Nothing => None,
                Slot::Cell(cell) => cell.live(self.now).map(Cow::Borrowed),
                Slot::Elements(elements) => {
                    let ty = &self.table.columns[column].ty;
                    Some(Cow::Owned(assemble(ty, elements, self.now)))
                }
            },
        }
    }
}

/// A value in one piece, of elements that are cells of their own.
fn assemble(ty: &CqlType, elements: &Elements, now: u32) -> Vec<u8> {
    let live: Vec<_> = elements.live(now).map(|(_, element)| element).collect();
    let value = |cell: &'_ Cell| cell.value.as_deref().map_or_else(Vec::new, <[u8]>::to_vec);
    match ty {
        CqlType::Map(..) => {
            let entries: Vec<_> =
                live.iter().flat_map(|entry| [entry.path.to_vec(), value(&entry.cell)]).collect();
            write_collection(live.len(), entries.iter().map(Vec::as_slice))
        }
        CqlType::Set(_) => write_collection(live.len(), live.iter().map(|element| &*element.path)),
        CqlType::Udt(udt) => {
            let mut fields = Vec::new();
            for index in 0..udt.fields.len() {
                let path = field_path(index);
                let field = live.iter().find(|field| *field.path == path);
                write_element(field.and_then(|field| field.cell.value.as_deref()), &mut fields);
            }
            fields
        }
        _ => {
            let items: Vec<_> = live.iter().map(|element| value(&element.cell)).collect();
            write_collection(items.len(), items.iter().map(Vec::as_slice))
        }
    }
}

/// What names a field of a user-defined type among its elements.
pub(super) fn field_path(index: usize) -> [u8; 2] {
    u16::try_from(index).unwrap_or(u16::MAX).to_be_bytes()
}

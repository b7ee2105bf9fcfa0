//! What is stored, as the fewest mutations that make it again.

use super::cell::{Cell, Lifetime};
use super::clustering::Clustering;
use super::elements::Elements;
use super::mutation::{CellChange, Change, ElementChange, Mutation, RowWrite};
use super::partition::{Partition, PartitionKey};
use super::row::{NEVER, Row, Slot};
use super::table_data::TableData;

impl TableData {
    /// Tells `tell` of all that makes each partition, one after another.
    pub(crate) fn for_each_partition(&self, mut tell: impl FnMut(Vec<Mutation>)) {
        for (key, partition) in self.all() {
            tell(mutations(key, partition));
        }
    }
}

fn mutations(key: &PartitionKey, partition: &Partition) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    let mut push = |timestamp, change| {
        mutations.push(Mutation { key: key.clone(), timestamp, change });
    };
    if partition.deleted_at != NEVER {
        push(partition.deleted_at, Change::DeletePartition);
    }
    for (range, at) in partition.deleted_ranges.iter().flat_map(|ranges| ranges.iter()) {
        push(*at, Change::DeleteRows(range.clone()));
    }
    for Group { timestamp, lifetime, cells, .. } in groups(partition.static_row()) {
        let write = RowWrite { lifetime, statics: cells, ..RowWrite::default() };
        push(timestamp, Change::Write(write));
    }
    for (order, row) in partition.rows(&super::ClusteringRange::all()) {
        let clustering = Clustering { order: order.into(), values: row.clustering.clone() };
        if row.deleted_at != NEVER {
            push(row.deleted_at, Change::DeleteRow(clustering.clone()));
        }
        for Group { timestamp, lifetime, inserts_row, cells } in groups(row) {
            let clustering = Some(clustering.clone());
            let write =
                RowWrite { clustering, inserts_row, lifetime, cells, ..RowWrite::default() };
            push(timestamp, Change::Write(write));
        }
    }
    mutations
}

/// What was written to a row at one time.
struct Group {
    timestamp: i64,
    lifetime: Lifetime,
    inserts_row: bool,
    cells: Vec<(usize, CellChange)>,
}

fn groups(row: &Row) -> Vec<Group> {
    let mut groups = Groups::default();
    if let Some(marker) = &row.marker {
        groups.at(marker.timestamp, marker.lifetime).inserts_row = true;
    }
    for (slot, content) in row.slots.iter().enumerate() {
        match content {
            Slot::Nothing => {}
            Slot::Cell(Cell { value, timestamp, lifetime }) => {
                let change = value.clone().map_or(CellChange::Delete, CellChange::Set);
                groups.at(*timestamp, *lifetime).cells.push((slot, change));
            }
            Slot::Elements(elements) => groups.add_elements(slot, elements),
        }
    }
    groups.groups
}

#[derive(Default)]
struct Groups {
    groups: Vec<Group>,
}

impl Groups {
    fn at(&mut self, timestamp: i64, lifetime: Lifetime) -> &mut Group {
        let is_it = |group: &Group| group.timestamp == timestamp && group.lifetime == lifetime;
        let index = self.groups.iter().position(is_it).unwrap_or_else(|| {
            let cells = Vec::new();
            self.groups.push(Group { timestamp, lifetime, inserts_row: false, cells });
            self.groups.len() - 1
        });
        &mut self.groups[index]
    }

    fn add_elements(&mut self, slot: usize, elements: &Elements) {
        if elements.deleted_at != NEVER {
            // What replaces elements deletes those of the moment before it.
            let group = self.at(elements.deleted_at.saturating_add(1), Lifetime::FOREVER);
            let nothing = CellChange::Elements { replaces: true, changes: Vec::new() };
            group.cells.push((slot, nothing));
        }
        for (order, element) in &elements.cells {
            let Cell { value, timestamp, lifetime } = &element.cell;
            let change = ElementChange {
                order: order.clone(),
                path: element.path.clone(),
                value: value.clone(),
            };
            let group = self.at(*timestamp, *lifetime);
            match group.cells.last_mut() {
                Some((last, CellChange::Elements { changes, .. })) if *last == slot => {
                    changes.push(change);
                }
                _ => {
                    let changes = vec![change];
                    group.cells.push((slot, CellChange::Elements { replaces: false, changes }));
                }
            }
        }
    }
}

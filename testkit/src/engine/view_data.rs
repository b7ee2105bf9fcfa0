//! What a materialized view holds, made from its base table whenever it is read.

use std::sync::Arc;

use super::Engine;
use super::planner::Planner;
use super::restriction::WhereOf;
use super::row_filter::RowFilter;
use super::row_view::RowView;
use super::term::Bindings;
use crate::cql::ast::{Operator, Relation};
use crate::query_error::QueryError;
use crate::schema::{Catalog, ColumnKind, Table, View};
use crate::storage::{
    CellChange, Change, Clustering, ClusteringRange, ElementChange, Lifetime, Mutation,
    PartitionKey, RowWrite, Slot, TableData,
};

impl Engine {
    pub(super) fn view_data(
        &self,
        table: &Table,
        view: &View,
        bindings: &Bindings<'_>,
    ) -> Result<TableData, QueryError> {
        let catalog = self.schema.snapshot();
        let mut data = TableData::default();
        let Some(base) = catalog.table(&table.keyspace, &view.base) else {
            return Ok(data);
        };
        let Some(store) = self.storage.table(view.base_id) else {
            return Ok(data);
        };
        let filter = filter(&catalog, base, view, bindings)?;
        let rows = store.read();
        let everything = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
        for (key, partition) in rows.partitions(everything.0, everything.1) {
            for (_, row) in partition.rows(&ClusteringRange::all()) {
                if !row.is_live(bindings.now) {
                    continue;
                }
                let seen =
                    RowView { table: base, key, partition, row: Some(row), now: bindings.now };
                if filter.accepts(&seen) {
                    show(table, &seen, &mut data);
                }
            }
        }
        Ok(data)
    }
}

/// What of a view's `WHERE` is more than that a column is not null.
fn filter(
    catalog: &Catalog,
    base: &Arc<Table>,
    view: &View,
    bindings: &Bindings<'_>,
) -> Result<RowFilter, QueryError> {
    let relations: Vec<Relation> = view
        .relations
        .iter()
        .filter(|relation| relation.operator != Operator::IsNotNull)
        .cloned()
        .collect();
    let mut planner = Planner::new(catalog, None, &[]);
    let filters = planner.filters(base, &relations, WhereOf::Select { allow_filtering: true })?;
    RowFilter::new(&filters, base, bindings)
}

/// Adds a base table's row to the view, unless a column of the view's key is null.
fn show(table: &Table, seen: &RowView<'_>, data: &mut TableData) {
    let base = seen.table;
    let of_base = |name: &str| base.column_index(name);
    let value = |name: &str| of_base(name).and_then(|index| seen.value(index));
    let key = table.partition_key().iter().map(|column| value(&column.name));
    let Some(key) = key.collect::<Option<Vec<_>>>() else {
        return;
    };
    let clustering = table.clustering().iter().map(|column| value(&column.name));
    let Some(clustering) = clustering.collect::<Option<Vec<_>>>() else {
        return;
    };
    let key = PartitionKey::of_components(&key);
    let clustering = Clustering::new(table.clustering(), clustering.iter().map(AsRef::as_ref));
    let mut write = |timestamp: i64, lifetime: Lifetime, cell: Option<(usize, CellChange)>| {
        data.apply(Mutation {
            key: key.clone(),
            timestamp,
            change: Change::Write(RowWrite {
                clustering: Some(clustering.clone()),
                inserts_row: cell.is_none(),
                lifetime,
                cells: cell.into_iter().collect(),
                statics: Vec::new(),
            }),
        });
    };
    // A view's row is there as long as the base table's, whatever of it the view shows.
    let marker = seen.row.and_then(|row| row.marker(seen.now));
    let (timestamp, lifetime) =
        marker.map_or((1, Lifetime::FOREVER), |marker| (marker.timestamp, marker.lifetime));
    write(timestamp, lifetime, None);
    for column in &table.columns[table.regular_range()] {
        let Some(index) = of_base(&column.name) else { continue };
        if base.columns[index].kind != ColumnKind::Regular {
            continue;
        }
        match seen.slot(index) {
            Some(Slot::Cell(cell)) => {
                let change = CellChange::Set(cell.value.clone().unwrap_or_default());
                write(cell.timestamp, cell.lifetime, Some((column.slot, change)));
            }
            Some(Slot::Elements(elements)) => {
                for (order, element) in elements.live(seen.now) {
                    let change = ElementChange {
                        order: order.into(),
                        path: element.path.clone(),
                        value: element.cell.value.clone(),
                    };
                    let change = CellChange::Elements { replaces: false, changes: vec![change] };
                    let cell = &element.cell;
                    write(cell.timestamp, cell.lifetime, Some((column.slot, change)));
                }
            }
            Some(Slot::Nothing) | None => {}
        }
    }
}

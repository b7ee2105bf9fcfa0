//! `system_schema` and `system_virtual_schema`: the catalog as tables.

use super::rows::{NamedValue, Rows, boolean, int, text, text_map, text_set, uuid};
use crate::schema::{Catalog, Column, ColumnKind, Keyspace, Table};
use crate::storage::TableData;

/// The keyspaces that are computed, or those that are not.
fn keyspaces(catalog: &Catalog, is_virtual: bool) -> impl Iterator<Item = &Keyspace> {
    catalog
        .keyspaces
        .values()
        .map(AsRef::as_ref)
        .filter(move |keyspace| keyspace.is_virtual == is_virtual)
}

fn tables(catalog: &Catalog, is_virtual: bool) -> impl Iterator<Item = &Table> {
    keyspaces(catalog, is_virtual).flat_map(|keyspace| keyspace.tables.values()).map(AsRef::as_ref)
}

pub(super) fn keyspaces_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for keyspace in keyspaces(catalog, is_virtual) {
        let options = keyspace
            .replication
            .options
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let replication = options.chain([("class", keyspace.replication.class)]);
        rows.push(&[
            ("keyspace_name", text(&keyspace.name)),
            ("durable_writes", boolean(keyspace.durable_writes)),
            ("replication", text_map(replication)),
        ]);
    }
    rows.finish()
}

pub(super) fn tables_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for shown in tables(catalog, is_virtual) {
        rows.push(&table_row(shown));
    }
    rows.finish()
}

fn table_row(table: &Table) -> Vec<NamedValue<'static>> {
    let options = &table.options;
    let double =
        |name: &str| options.scalar(name).parse::<f64>().unwrap_or_default().to_be_bytes().to_vec();
    let flag = |name: &str| boolean(options.scalar(name).eq_ignore_ascii_case("true"));
    let flags = if table.is_counter() {
        vec!["compound".to_owned(), "counter".to_owned()]
    } else {
        vec!["compound".to_owned()]
    };
    vec![
        ("keyspace_name", text(&table.keyspace)),
        ("table_name", text(&table.name)),
        ("additional_write_policy", text(options.scalar("additional_write_policy"))),
        ("allow_auto_snapshot", flag("allow_auto_snapshot")),
        ("bloom_filter_fp_chance", double("bloom_filter_fp_chance")),
        ("caching", text_map(options.map("caching"))),
        ("cdc", flag("cdc")),
        ("comment", text(options.scalar("comment"))),
        ("compaction", text_map(options.map("compaction"))),
        ("compression", text_map(options.map("compression"))),
        ("crc_check_chance", double("crc_check_chance")),
        ("dclocal_read_repair_chance", 0f64.to_be_bytes().to_vec()),
        ("default_time_to_live", int(options.number("default_time_to_live"))),
        ("extensions", text_map(options.map("extensions"))),
        ("flags", text_set(flags)),
        ("gc_grace_seconds", int(options.number("gc_grace_seconds"))),
        ("id", uuid(table.id)),
        ("incremental_backups", flag("incremental_backups")),
        ("max_index_interval", int(options.number("max_index_interval"))),
        ("memtable", text(options.scalar("memtable"))),
        ("memtable_flush_period_in_ms", int(options.number("memtable_flush_period_in_ms"))),
        ("min_index_interval", int(options.number("min_index_interval"))),
        ("read_repair", text(options.scalar("read_repair"))),
        ("read_repair_chance", 0f64.to_be_bytes().to_vec()),
        ("speculative_retry", text(options.scalar("speculative_retry"))),
    ]
}

pub(super) fn columns_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for shown in tables(catalog, is_virtual) {
        for (index, column) in shown.columns.iter().enumerate() {
            rows.push(&column_row(shown, index, column));
        }
    }
    rows.finish()
}

fn column_row(table: &Table, index: usize, column: &Column) -> [NamedValue<'static>; 8] {
    let (kind, order, position) = match column.kind {
        ColumnKind::PartitionKey => ("partition_key", "none", Some(index)),
        ColumnKind::Clustering { descending } => {
            let order = if descending { "desc" } else { "asc" };
            ("clustering", order, Some(index - table.clustering_range().start))
        }
        ColumnKind::Static => ("static", "none", None),
        ColumnKind::Regular => ("regular", "none", None),
    };
    let position = position.and_then(|position| i32::try_from(position).ok()).unwrap_or(-1);
    [
        ("keyspace_name", text(&table.keyspace)),
        ("table_name", text(&table.name)),
        ("column_name", text(&column.name)),
        ("clustering_order", text(order)),
        ("column_name_bytes", text(&column.name)),
        ("kind", text(kind)),
        ("position", int(position)),
        ("type", text(&column.data_type.to_string())),
    ]
}

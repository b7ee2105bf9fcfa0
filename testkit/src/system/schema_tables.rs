//! `system_schema` and `system_virtual_schema`: the catalog as tables.

use super::rows::{NamedValue, Rows, boolean, int, text, text_list, text_map, text_set, uuid};
use crate::schema::{Catalog, Column, ColumnKind, DroppedColumn, Keyspace, Routine, Table};
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
    for shown in tables(catalog, is_virtual).filter(|shown| shown.view.is_none()) {
        let flags = if shown.is_counter() { &["compound", "counter"][..] } else { &["compound"] };
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let mut row = vec![("table_name", text(&shown.name)), ("flags", text_set(flags))];
        row.extend(option_values(shown));

        rows.push(&row);
    }
    rows.finish()
}

pub(super) fn views_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for shown in tables(catalog, is_virtual) {
        let Some(view) = &shown.view else { continue };
        let mut row = vec![
            ("view_name", text(&shown.name)),
            ("base_table_id", uuid(view.base_id)),
            ("base_table_name", text(&view.base)),
            ("include_all_columns", boolean(view.includes_all)),
            ("where_clause", text(&view.where_clause)),
        ];
        row.extend(option_values(shown));

        rows.push(&row);
    }
    rows.finish()
}

/// What tables and views have in common.
fn option_values(table: &Table) -> Vec<NamedValue<'static>> {
    let options = &table.options;
    let double =
        |name: &str| options.scalar(name).parse::<f64>().unwrap_or_default().to_be_bytes().to_vec();
    // A node tells these only where they are not what it would do anyway.
    let unusual =
        [("allow_auto_snapshot", "false"), ("cdc", "true"), ("incremental_backups", "false")]
            .into_iter()
            .filter(|(name, value)| options.scalar(name).eq_ignore_ascii_case(value))
            .map(|(name, value)| (name, boolean(value == "true")));
    let memtable = Some(options.scalar("memtable")).filter(|name| *name != "default");
    let mut values = vec![
        ("keyspace_name", text(&table.keyspace)),
        ("additional_write_policy", text(options.scalar("additional_write_policy"))),
        ("bloom_filter_fp_chance", double("bloom_filter_fp_chance")),
        ("caching", text_map(options.map("caching"))),
        ("comment", text(options.scalar("comment"))),
        ("compaction", text_map(options.map("compaction"))),
        ("compression", text_map(options.map("compression"))),
        ("crc_check_chance", double("crc_check_chance")),
        ("dclocal_read_repair_chance", 0f64.to_be_bytes().to_vec()),
        ("default_time_to_live", int(options.number("default_time_to_live"))),
        ("extensions", text_map(options.map("extensions"))),
        ("gc_grace_seconds", int(options.number("gc_grace_seconds"))),
        ("id", uuid(table.id)),
        ("max_index_interval", int(options.number("max_index_interval"))),
        ("memtable_flush_period_in_ms", int(options.number("memtable_flush_period_in_ms"))),
        ("min_index_interval", int(options.number("min_index_interval"))),
        ("read_repair", text(options.scalar("read_repair"))),
        ("read_repair_chance", 0f64.to_be_bytes().to_vec()),
        ("speculative_retry", text(options.scalar("speculative_retry"))),
    ];
    values.extend(unusual);
    values.extend(memtable.map(|name| ("memtable", text(name))));
    values
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

pub(super) fn dropped_columns_table(
    table: &Table,
    catalog: &Catalog,
    is_virtual: bool,
) -> TableData {
    let mut rows = Rows::new(table);
    for shown in tables(catalog, is_virtual) {
        for DroppedColumn { column, dropped_at } in &shown.dropped_columns {
            let kind = if column.kind == ColumnKind::Static { "static" } else { "regular" };
            rows.push(&[
                ("keyspace_name", text(&shown.keyspace)),
                ("table_name", text(&shown.name)),
                ("column_name", text(&column.name)),
                ("dropped_time", dropped_at.to_be_bytes().to_vec()),
                ("kind", text(kind)),
                ("type", text(&column.data_type.to_string())),
            ]);
        }
    }
    rows.finish()
}

pub(super) fn types_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for keyspace in keyspaces(catalog, is_virtual) {
        for user_type in keyspace.types.values() {
            let fields = user_type.fields.iter();
            let names: Vec<_> = fields.clone().map(|(name, _)| name.clone()).collect();
            let types: Vec<_> = fields.map(|(_, data_type)| data_type.to_string()).collect();
            rows.push(&[
                ("keyspace_name", text(&keyspace.name)),
                ("type_name", text(&user_type.name)),
                ("field_names", text_list(&names)),
                ("field_types", text_list(&types)),
            ]);
        }
    }
    rows.finish()
}

pub(super) fn indexes_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for shown in tables(catalog, is_virtual) {
        for index in &shown.indexes {
            let target = index.target();
            let class = index.custom_class.iter().map(|class| ("class_name", class.as_str()));
            let given = index.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let options = given.chain(class).chain([("target", target.as_str())]);
            rows.push(&[
                ("keyspace_name", text(&shown.keyspace)),
                ("table_name", text(&shown.name)),
                ("index_name", text(&index.name)),
                ("kind", text(index.class)),
                ("options", text_map(options)),
            ]);
        }
    }
    rows.finish()
}

pub(super) fn functions_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for keyspace in keyspaces(catalog, is_virtual) {
        for function in &keyspace.functions {
            let names: Vec<_> = function.arguments.iter().map(|(name, _)| name.clone()).collect();
            rows.push(&[
                ("keyspace_name", text(&keyspace.name)),
                ("function_name", text(&function.name)),
                ("argument_types", text_list(&function.argument_types())),
                ("argument_names", text_list(&names)),
                ("body", text(&function.body)),
                ("called_on_null_input", boolean(function.called_on_null)),
                ("language", text(&function.language)),
                ("return_type", text(&function.returns.to_string())),
            ]);
        }
    }
    rows.finish()
}

pub(super) fn aggregates_table(table: &Table, catalog: &Catalog, is_virtual: bool) -> TableData {
    let mut rows = Rows::new(table);
    for keyspace in keyspaces(catalog, is_virtual) {
        for aggregate in &keyspace.aggregates {
            let mut row = vec![
                ("keyspace_name", text(&keyspace.name)),
                ("aggregate_name", text(&aggregate.name)),
                ("argument_types", text_list(&aggregate.argument_types())),
                ("return_type", text(&aggregate.returns.to_string())),
                ("state_func", text(&aggregate.state_function)),
                ("state_type", text(&aggregate.state_type.to_string())),
            ];
            row.extend(aggregate.final_function.iter().map(|name| ("final_func", text(name))));
            row.extend(aggregate.initial.iter().map(|initial| ("initcond", text(initial))));
            rows.push(&row);
        }
    }
    rows.finish()
}

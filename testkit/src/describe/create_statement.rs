//! The statements that would make what there is.

use std::fmt::Write;

use super::options::{quoted, write_options};
use crate::cql::QuotedName;
use crate::schema::{
    Column, ColumnKind, Index, Keyspace, Routine, Table, UserAggregate, UserFunction, UserType,
    View,
};

pub(super) fn keyspace(keyspace: &Keyspace) -> String {
    let name = QuotedName(&keyspace.name);
    if keyspace.is_virtual {
        return format!(
            "/*\nWarning: Keyspace {name} is a virtual keyspace and cannot be recreated with CQL.\nStructure, for reference:\nVIRTUAL KEYSPACE {name};\n*/"
        );
    }
    let class = keyspace.replication.class;
    let short = class.strip_prefix("org.apache.cassandra.locator.").unwrap_or(class);
    let options = keyspace.replication.options.iter();
    let options = options.map(|(name, value)| format!(", {}: {}", quoted(name), quoted(value)));
    // The two blanks before AND are Cassandra's.
    format!(
        "CREATE KEYSPACE {name} WITH replication = {{'class': '{short}'{}}}  AND durable_writes = {};",
        options.collect::<String>(),
        keyspace.durable_writes
    )
}

pub(super) fn user_type(user_type: &UserType) -> String {
    let fields = user_type.fields.iter();
    let fields = fields.map(|(name, ty)| format!("\n    {} {ty}", QuotedName(name)));
    format!(
        "CREATE TYPE {}.{} ({}\n);",
        QuotedName(&user_type.keyspace),
        QuotedName(&user_type.name),
        fields.collect::<Vec<_>>().join(",")
    )
}

pub(super) fn function(keyspace: &str, function: &UserFunction) -> String {
    let arguments = function.arguments.iter();
    let arguments = arguments.map(|(name, ty)| format!("{} {ty}", QuotedName(name)));
    let on_null = if function.called_on_null { "CALLED" } else { "RETURNS NULL" };
    format!(
        "CREATE FUNCTION {}.{}({})\n    {on_null} ON NULL INPUT\n    RETURNS {}\n    LANGUAGE {}\n    AS $${}$$;",
        QuotedName(keyspace),
        QuotedName(&function.name),
        arguments.collect::<Vec<_>>().join(", "),
        function.returns,
        function.language,
        function.body
    )
}

pub(super) fn aggregate(keyspace: &str, aggregate: &UserAggregate) -> String {
    let mut out = format!(
        "CREATE AGGREGATE {}.{}({})\n    SFUNC {}\n    STYPE {}",
        QuotedName(keyspace),
        QuotedName(&aggregate.name),
        aggregate.argument_types().join(", "),
        QuotedName(&aggregate.state_function),
        aggregate.state_type
    );
    // Writing to a string cannot fail.
    if let Some(last) = &aggregate.final_function {
        let _ = write!(out, "\n    FINALFUNC {}", QuotedName(last));
    }
    if let Some(initial) = &aggregate.initial {
        let _ = write!(out, "\n    INITCOND {initial}");
    }
    out.push(';');
    out
}

pub(super) fn index(table: &Table, index: &Index) -> String {
    let name = QuotedName(&index.name);
    let on = format!("{}.{}", QuotedName(&table.keyspace), QuotedName(&table.name));
    let target = index.target();
    let Some(class) = &index.custom_class else {
        return format!("CREATE INDEX {name} ON {on} ({target});");
    };
    let options =
        index.options.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value)));
    let options: Vec<_> = options.collect();
    let with = if options.is_empty() {
        String::new()
    } else {
        format!(" WITH OPTIONS = {{{}}}", options.join(", "))
    };
    format!("CREATE CUSTOM INDEX {name} ON {on} ({target}) USING {}{with};", quoted(class))
}

pub(super) fn table(table: &Table, is_virtual: bool, with_id: bool) -> String {
    if let Some(view) = &table.view {
        return materialized_view(table, view, with_id);
    }
    let name = format!("{}.{}", QuotedName(&table.keyspace), QuotedName(&table.name));
    let mut out = if is_virtual {
        format!(
            "/*\nWarning: Table {name} is a virtual table and cannot be recreated with CQL.\nStructure, for reference:\nVIRTUAL TABLE {name} (\n"
        )
    } else {
        format!("CREATE TABLE {name} (\n")
    };
    let is_plain_key = table.partition_key().len() == 1 && table.clustering().is_empty();
    let lines: Vec<_> = stored_order(table)
        .map(|column| {
            let key = if column.is_primary_key() && is_plain_key { " PRIMARY KEY" } else { "" };
            let kind = if column.kind == ColumnKind::Static { " static" } else { "" };
            format!("    {} {}{kind}{key}", QuotedName(&column.name), column.data_type)
        })
        .collect();
    out.push_str(&lines.join(",\n"));
    if !is_plain_key {
        out.push_str(",\n    ");
        out.push_str(&primary_key(table));
    }
    out.push_str("\n)");
    let options = if is_virtual { Options::OfVirtualTable } else { Options::All { with_id } };
    with(table, options, &mut out);
    if is_virtual {
        out.push_str("\n*/");
    }
    out
}

fn materialized_view(table: &Table, view: &View, with_id: bool) -> String {
    let selection = if view.includes_all {
        "*".to_owned()
    } else {
        let names = stored_order(table).map(|column| QuotedName(&column.name).to_string());
        names.collect::<Vec<_>>().join(", ")
    };
    let keyspace = QuotedName(&table.keyspace);
    let mut out = format!(
        "CREATE MATERIALIZED VIEW {keyspace}.{} AS\n    SELECT {selection}\n    FROM {keyspace}.{}\n    WHERE {}\n    {}\n",
        QuotedName(&table.name),
        QuotedName(&view.base),
        view.where_clause,
        primary_key(table)
    );
    with(table, Options::All { with_id }, &mut out);
    out
}

fn primary_key(table: &Table) -> String {
    let names = |columns: &[Column]| -> Vec<String> {
        columns.iter().map(|column| QuotedName(&column.name).to_string()).collect()
    };
    let mut key = names(table.partition_key());
    if key.len() > 1 {
        key = vec![format!("({})", key.join(", "))];
    }
    key.extend(names(table.clustering()));
    format!("PRIMARY KEY ({})", key.join(", "))
}

/// The order in which a node stores columns: those whose elements are cells of their own come last of their kind.
fn stored_order(table: &Table) -> impl Iterator<Item = &Column> {
    let keys = table.columns[..table.clustering_range().end].iter();
    let simple_first = |columns: &'_ [Column]| -> Vec<usize> {
        let mut order: Vec<_> = (0..columns.len()).collect();
        order.sort_by_key(|index| columns[*index].data_type.is_multi_cell());
        order
    };
    let of = |range: std::ops::Range<usize>| {
        let columns = &table.columns[range];
        simple_first(columns).into_iter().map(move |index| &columns[index])
    };
    keys.chain(of(table.static_range())).chain(of(table.regular_range()))
}

/// What follows `WITH`.
#[derive(Clone, Copy)]
enum Options {
    All {
        with_id: bool,
    },
    /// A virtual table has an order and a comment.
    OfVirtualTable,
}

fn with(table: &Table, options: Options, out: &mut String) {
    out.push_str(" WITH ");
    // Writing to a string cannot fail.
    if matches!(options, Options::All { with_id: true }) {
        let _ = write!(out, "ID = {}\n    AND ", table.id);
    }
    if !table.clustering().is_empty() {
        let order = table.clustering().iter().map(|column| {
            let direction = if column.is_descending() { "DESC" } else { "ASC" };
            format!("{} {direction}", QuotedName(&column.name))
        });
        let order: Vec<_> = order.collect();
        let _ = write!(out, "CLUSTERING ORDER BY ({})\n    AND ", order.join(", "));
    }
    match options {
        Options::All { .. } => write_options(table, out),
        Options::OfVirtualTable => {
            let _ = write!(out, "comment = {}", quoted(table.options.scalar("comment")));
        }
    }
    out.push(';');
}

//! A table's options as `WITH` takes them.

use std::fmt::Write;

use crate::schema::{Table, TableOptions};

enum Kind {
    Text,
    Number,
    Map,
}

const SHOWN: [(&str, Kind); 19] = [
    ("additional_write_policy", Kind::Text),
    ("allow_auto_snapshot", Kind::Number),
    ("bloom_filter_fp_chance", Kind::Number),
    ("caching", Kind::Map),
    ("cdc", Kind::Number),
    ("comment", Kind::Text),
    ("compaction", Kind::Map),
    ("compression", Kind::Map),
    ("memtable", Kind::Text),
    ("crc_check_chance", Kind::Number),
    ("default_time_to_live", Kind::Number),
    ("extensions", Kind::Map),
    ("gc_grace_seconds", Kind::Number),
    ("incremental_backups", Kind::Number),
    ("max_index_interval", Kind::Number),
    ("memtable_flush_period_in_ms", Kind::Number),
    ("min_index_interval", Kind::Number),
    ("read_repair", Kind::Text),
    ("speculative_retry", Kind::Text),
];

/// All options, joined by `AND`. A view has no time to live of its own.
pub(super) fn write_options(table: &Table, out: &mut String) {
    let shown =
        SHOWN.iter().filter(|(name, _)| table.view.is_none() || *name != "default_time_to_live");
    for (index, (name, kind)) in shown.enumerate() {
        if index > 0 {
            out.push_str("\n    AND ");
        }
        let value = match kind {
            Kind::Text => quoted(table.options.scalar(name)),
            Kind::Number => table.options.scalar(name).to_owned(),
            Kind::Map => map(&table.options, name),
        };
        // Writing to a string cannot fail.
        let _ = write!(out, "{name} = {value}");
    }
}

fn map(options: &TableOptions, name: &str) -> String {
    let entries = options.map(name).into_iter();
    let entries = entries.map(|(key, value)| format!("{}: {}", quoted(key), quoted(value)));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

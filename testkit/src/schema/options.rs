//! What follows `WITH` when a table is made.

use std::collections::BTreeMap;

use crate::cql::ast::{Property, PropertyValue};
use crate::query_error::QueryError;

/// A table's options; the ones that were not given have Cassandra 5.0's defaults.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableOptions {
    scalars: BTreeMap<String, String>,
    maps: BTreeMap<String, Vec<(String, String)>>,
}

const SCALARS: [(&str, &str); 17] = [
    ("additional_write_policy", "99p"),
    ("allow_auto_snapshot", "true"),
    ("bloom_filter_fp_chance", "0.01"),
    ("cdc", "false"),
    ("comment", ""),
    ("crc_check_chance", "1.0"),
    ("default_time_to_live", "0"),
    ("gc_grace_seconds", "864000"),
    ("id", ""),
    ("incremental_backups", "true"),
    ("max_index_interval", "2048"),
    ("memtable", "default"),
    ("memtable_flush_period_in_ms", "0"),
    ("min_index_interval", "128"),
    ("read_repair", "BLOCKING"),
    ("speculative_retry", "99p"),
    ("read_repair_chance", "0.0"),
];

const MAPS: [(&str, &[(&str, &str)]); 4] = [
    ("caching", &[("keys", "ALL"), ("rows_per_partition", "NONE")]),
    (
        "compaction",
        &[
            ("class", "org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy"),
            ("max_threshold", "32"),
            ("min_threshold", "4"),
        ],
    ),
    (
        "compression",
        &[
            ("chunk_length_in_kb", "16"),
            ("class", "org.apache.cassandra.io.compress.LZ4Compressor"),
        ],
    ),
    ("extensions", &[]),
];

impl TableOptions {
    pub(crate) fn define(properties: &[Property]) -> Result<Self, QueryError> {
        let mut options = Self::default();
        for Property { name, value } in properties {
            match value {
                PropertyValue::Scalar(value) if SCALARS.iter().any(|(known, _)| known == name) => {
                    options.scalars.insert(name.clone(), value.clone());
                }
                PropertyValue::Map(entries) if MAPS.iter().any(|(known, _)| known == name) => {
                    options.maps.insert(name.clone(), entries.clone());
                }
                _ => return Err(QueryError::Syntax(format!("Unknown property '{name}'"))),
            }
        }
        for name in ["default_time_to_live", "gc_grace_seconds"] {
            if options.number(name) < 0 {
                return Err(QueryError::Configuration(format!(
                    "{name} must be greater than or equal to 0"
                )));
            }
        }
        Ok(options)
    }

    /// An option's text; nothing for a name that is no option.
    pub(crate) fn scalar(&self, name: &str) -> &str {
        let default =
            || SCALARS.iter().find(|(known, _)| *known == name).map_or("", |(_, default)| default);
        self.scalars.get(name).map_or_else(default, String::as_str)
    }

    /// An option that is a whole number; −1 where its text is none.
    pub(crate) fn number(&self, name: &str) -> i32 {
        self.scalar(name).parse().unwrap_or(-1)
    }

    pub(crate) fn map(&self, name: &str) -> Vec<(&str, &str)> {
        if let Some(entries) = self.maps.get(name) {
            return entries.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        }
        MAPS.iter()
            .find(|(known, _)| *known == name)
            .map_or_else(Vec::new, |(_, default)| default.to_vec())
    }

    /// The time to live of a write that says none, in seconds; 0 is for ever.
    pub(crate) fn default_ttl(&self) -> u32 {
        u32::try_from(self.number("default_time_to_live")).unwrap_or(0)
    }
}

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
        options.alter(properties)?;
        Ok(options)
    }

    /// Gives it these options, and keeps the others.
    pub(crate) fn alter(&mut self, properties: &[Property]) -> Result<(), QueryError> {
        for Property { name, value } in properties {
            match value {
                PropertyValue::Scalar(value) if SCALARS.iter().any(|(known, _)| known == name) => {
                    check_scalar(name, value)?;
                    self.scalars.insert(name.clone(), value.clone());
                }
                PropertyValue::Map(entries) if MAPS.iter().any(|(known, _)| known == name) => {
                    self.maps.insert(name.clone(), with_defaults(name, entries)?);
                }
                _ => return Err(QueryError::Syntax(format!("Unknown property '{name}'"))),
            }
        }
        for name in ["default_time_to_live", "gc_grace_seconds"] {
            if self.number(name) < 0 {
                return Err(QueryError::Configuration(format!(
                    "{name} must be greater than or equal to 0 (got {})",
                    self.number(name)
                )));
            }
        }
        Ok(())
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

fn check_scalar(name: &str, value: &str) -> Result<(), QueryError> {
    let default = SCALARS.iter().find(|(known, _)| *known == name).map_or("", |known| known.1);
    let kind = if default.parse::<i32>().is_ok() && value.parse::<i32>().is_err() {
        "integer"
    } else if default.parse::<f64>().is_ok() && value.parse::<f64>().is_err() {
        "double"
    } else {
        return Ok(());
    };
    Err(QueryError::Syntax(format!("Invalid {kind} value {value} for '{name}'")))
}

/// An option that is a map, with what a node adds to it.
fn with_defaults(
    name: &str,
    entries: &[(String, String)],
) -> Result<Vec<(String, String)>, QueryError> {
    const COMPACTION: &str = "org.apache.cassandra.db.compaction.";
    const COMPRESSION: &str = "org.apache.cassandra.io.compress.";
    const STRATEGIES: [&str; 4] = [
        "SizeTieredCompactionStrategy",
        "LeveledCompactionStrategy",
        "TimeWindowCompactionStrategy",
        "UnifiedCompactionStrategy",
    ];
    let mut entries = entries.to_vec();
    let package = match name {
        "compaction" => COMPACTION,
        "compression" => COMPRESSION,
        _ => return Ok(entries),
    };
    entries.sort();
    if name == "compression" {
        let value =
            |key: &str| entries.iter().find(|(name, _)| name == key).map(|(_, v)| v.clone());
        if entries.is_empty() || value("enabled").is_some_and(|enabled| enabled == "false") {
            return Ok(vec![("enabled".to_owned(), "false".to_owned())]);
        }
        if value("chunk_length_in_kb").is_none() {
            entries.insert(0, ("chunk_length_in_kb".to_owned(), "16".to_owned()));
        }
    }
    let Some((_, class)) = entries.iter_mut().find(|(name, _)| name == "class") else {
        return Err(QueryError::Configuration(format!(
            "Missing sub-option 'class' for the '{name}' option."
        )));
    };
    let short = class.strip_prefix(package).unwrap_or(class).to_owned();
    if name == "compaction" && !STRATEGIES.contains(&short.as_str()) {
        return Err(QueryError::Configuration(format!(
            "Unable to find compaction strategy class '{COMPACTION}{short}'"
        )));
    }
    *class = format!("{package}{short}");
    if name == "compaction" && short != STRATEGIES[3] {
        for (key, value) in [("max_threshold", "32"), ("min_threshold", "4")] {
            if entries.iter().all(|(name, _)| name != key) {
                entries.push((key.to_owned(), value.to_owned()));
            }
        }
        entries.sort();
    }
    Ok(entries)
}

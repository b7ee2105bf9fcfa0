//! Rows of a table that is computed when it is read.

use uuid::Uuid;

use crate::schema::Table;
use crate::storage::{
    CellChange, Change, Clustering, Lifetime, Mutation, PartitionKey, RowWrite, TableData,
};
use crate::value::write_collection;

/// Collects rows, each given by its columns' names.
pub(crate) struct Rows<'a> {
    table: &'a Table,
    data: TableData,
    timestamp: i64,
}

/// A column's name and its value in wire form.
pub(crate) type NamedValue<'n> = (&'n str, Vec<u8>);

impl<'a> Rows<'a> {
    pub(crate) fn new(table: &'a Table) -> Self {
        Self { table, data: TableData::default(), timestamp: 1 }
    }

    /// Adds a row; a column that is not given is null, a name that is no column is passed over.
    pub(crate) fn push(&mut self, values: &[NamedValue<'_>]) {
        let table = self.table;
        let value_of = |name: &str| {
            values.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_slice())
        };
        let key: Vec<_> = table
            .partition_key()
            .iter()
            .map(|column| value_of(&column.name).unwrap_or_default())
            .collect();
        let clustering =
            table.clustering().iter().map(|column| value_of(&column.name).unwrap_or_default());
        let clustering = Clustering::new(table.clustering(), clustering);
        let cells = table.columns[table.regular_range()].iter().filter_map(|column| {
            let value = value_of(&column.name)?;
            Some((column.slot, CellChange::Set(value.into())))
        });
        let write = RowWrite {
            clustering: Some(clustering),
            inserts_row: true,
            lifetime: Lifetime::FOREVER,
            cells: cells.collect(),
            statics: Vec::new(),
        };
        self.data.apply(Mutation {
            key: PartitionKey::of_components(&key),
            timestamp: self.timestamp,
            change: Change::Write(write),
        });
    }

    pub(crate) fn finish(self) -> TableData {
        self.data
    }
}

pub(crate) fn text(value: &str) -> Vec<u8> {
    value.as_bytes().to_vec()
}

pub(crate) fn int(value: i32) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

pub(crate) fn bigint(value: i64) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    vec![u8::from(value)]
}

pub(crate) fn uuid(value: Uuid) -> Vec<u8> {
    value.as_bytes().to_vec()
}

/// A `set<text>`, put in order.
pub(crate) fn text_set(mut elements: Vec<String>) -> Vec<u8> {
    elements.sort();
    write_collection(elements.len(), elements.iter().map(String::as_bytes))
}

/// A `list<text>`.
pub(crate) fn text_list(elements: &[String]) -> Vec<u8> {
    write_collection(elements.len(), elements.iter().map(String::as_bytes))
}

/// A `map<text, text>`, put in order.
pub(crate) fn text_map<'t>(entries: impl IntoIterator<Item = (&'t str, &'t str)>) -> Vec<u8> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_unstable();
    write_collection(
        entries.len(),
        entries.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]),
    )
}

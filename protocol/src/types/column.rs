use std::sync::Arc;

use super::CqlType;
use crate::wire::{Reader, Writer};
use crate::{EncodeError, ProtocolVersion, WireError};

/// A column of a result, or a bind marker of a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The keyspace of the table that it belongs to.
    pub keyspace: Arc<str>,
    /// The table that it belongs to.
    pub table: Arc<str>,
    /// Its name, or the marker's.
    pub name: String,
    /// Its type.
    pub ty: CqlType,
}

impl ColumnSpec {
    /// A column of `keyspace.table`.
    pub fn new(
        keyspace: impl Into<Arc<str>>,
        table: impl Into<Arc<str>>,
        name: impl Into<String>,
        ty: CqlType,
    ) -> Self {
        Self { keyspace: keyspace.into(), table: table.into(), name: name.into(), ty }
    }
}

/// Keyspace and table of all columns, where they share them.
pub(crate) type GlobalSpec = Option<(Arc<str>, Arc<str>)>;

pub(crate) fn decode_global_spec(
    reader: &mut Reader<'_>,
    is_there: bool,
) -> Result<GlobalSpec, WireError> {
    if !is_there {
        return Ok(None);
    }
    Ok(Some((reader.string("a keyspace")?.into(), reader.string("a table")?.into())))
}

pub(crate) fn decode_columns(
    reader: &mut Reader<'_>,
    global: &GlobalSpec,
    count: usize,
) -> Result<Vec<ColumnSpec>, WireError> {
    let column = |_| {
        let (keyspace, table) = match global {
            Some((keyspace, table)) => (keyspace.clone(), table.clone()),
            None => (reader.string("a keyspace")?.into(), reader.string("a table")?.into()),
        };
        let name = reader.string("a column's name")?.to_owned();
        Ok(ColumnSpec { keyspace, table, name, ty: CqlType::decode(reader)? })
    };
    (0..count).map(column).collect()
}

/// Writes the columns, behind the keyspace and the table that they all share if they do.
pub(crate) fn encode_columns(
    columns: &[ColumnSpec],
    version: ProtocolVersion,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let global = has_global_spec(columns);
    if let (true, Some(first)) = (global, columns.first()) {
        out.put_string("a keyspace", &first.keyspace)?;
        out.put_string("a table", &first.table)?;
    }
    for column in columns {
        if !global {
            out.put_string("a keyspace", &column.keyspace)?;
            out.put_string("a table", &column.table)?;
        }
        out.put_string("a column's name", &column.name)?;
        column.ty.encode(version, out)?;
    }
    Ok(())
}

/// Whether all of `columns`, of which there is at least one, are of one table.
pub(crate) fn has_global_spec(columns: &[ColumnSpec]) -> bool {
    columns.split_first().is_some_and(|(first, rest)| {
        rest.iter().all(|column| column.keyspace == first.keyspace && column.table == first.table)
    })
}

//! A table's columns.

use helenus_protocol::CqlType;

use super::UserTypes;
use crate::cql::DataType;
use crate::cql::ast::ColumnDefinition;
use crate::query_error::QueryError;

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) ty: CqlType,
    pub(crate) kind: ColumnKind,
    /// Where its cell is among those of a row. It stays when columns come and go, and no later column gets it.
    pub(crate) slot: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    PartitionKey,
    Clustering { descending: bool },
    Static,
    Regular,
}

/// A column that a table had.
#[derive(Debug, Clone)]
pub(crate) struct DroppedColumn {
    pub(crate) column: Column,
    /// Milliseconds since the epoch.
    pub(crate) dropped_at: i64,
}

impl Column {
    pub(crate) fn is_primary_key(&self) -> bool {
        matches!(self.kind, ColumnKind::PartitionKey | ColumnKind::Clustering { .. })
    }

    pub(crate) fn is_descending(&self) -> bool {
        self.kind == ColumnKind::Clustering { descending: true }
    }

    /// The column that a statement asks for; its slot is for the table to choose.
    pub(super) fn define(
        definition: &ColumnDefinition,
        kind: ColumnKind,
        keyspace: &str,
        types: &UserTypes,
    ) -> Result<Self, QueryError> {
        let data_type = &definition.data_type;
        let ty = resolve(data_type, keyspace, types)?;
        if let Some(part) = data_type.unfrozen_part() {
            let what = if matches!(part, DataType::Named(_)) { "UDTs" } else { "collections" };
            return Err(QueryError::Invalid(format!(
                "Non-frozen {what} are not allowed inside collections: {data_type}"
            )));
        }
        if let DataType::Named(name) = data_type
            && types[name].fields.iter().any(|(_, field)| field.is_multi_cell())
        {
            return Err(QueryError::invalid(
                "Non-frozen UDTs with nested non-frozen collections are not supported",
            ));
        }
        let name = definition.name.clone();
        Ok(Self { name, data_type: data_type.clone(), ty, kind, slot: 0 })
    }
}

/// The type on the wire of a type as it is declared in a keyspace.
pub(super) fn resolve(
    data_type: &DataType,
    keyspace: &str,
    types: &UserTypes,
) -> Result<CqlType, QueryError> {
    data_type
        .to_cql_type(types)
        .map_err(|unknown| QueryError::Invalid(format!("Unknown type {keyspace}.{unknown}")))
}

//! What a statement's names and markers mean in a schema.

use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType};

use crate::cql::ast::TableName;
use crate::cql::{DataType, QuotedName};
use crate::query_error::QueryError;
use crate::schema::{Catalog, Column, ColumnKind, Keyspace, Table, UserTypes};

/// Resolves names, and collects what is learned about the bind markers.
pub(super) struct Planner<'a> {
    pub(super) catalog: &'a Catalog,
    keyspace: Option<&'a str>,
    /// The name of each marker that has one.
    names: &'a [Option<String>],
    specs: Vec<Option<ColumnSpec>>,
    /// For each column of the partition key the last marker that gives its value.
    key_markers: Vec<Option<u16>>,
    key_table: Option<Arc<Table>>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        keyspace: Option<&'a str>,
        names: &'a [Option<String>],
    ) -> Self {
        Self {
            catalog,
            keyspace,
            names,
            specs: vec![None; names.len()],
            key_markers: Vec::new(),
            key_table: None,
        }
    }

    pub(super) fn keyspace(&self, name: &str) -> Result<&'a Arc<Keyspace>, QueryError> {
        let missing = || QueryError::Invalid(format!("keyspace {name} does not exist"));
        self.catalog.keyspace(name).ok_or_else(missing)
    }

    pub(super) fn table(&self, name: &TableName) -> Result<Arc<Table>, QueryError> {
        let keyspace = self.keyspace(keyspace_of(name, self.keyspace)?)?;
        let missing = || QueryError::Invalid(format!("table {} does not exist", name.table));
        keyspace.tables.get(&name.table).cloned().ok_or_else(missing)
    }

    /// A table that clients may write to.
    pub(super) fn writable_table(&self, name: &TableName) -> Result<Arc<Table>, QueryError> {
        let table = self.table(name)?;
        if table.view.is_some() {
            return Err(QueryError::invalid("Cannot directly modify a materialized view"));
        }
        match &*table.keyspace {
            keyspace @ ("system" | "system_schema") => Err(QueryError::Unauthorized(format!(
                "{keyspace} keyspace is not user-modifiable."
            ))),
            keyspace
                if self.catalog.keyspace(keyspace).is_some_and(|keyspace| keyspace.is_virtual) =>
            {
                Err(QueryError::Invalid(format!(
                    "Modification is not supported by table {keyspace}.{}",
                    table.name
                )))
            }
            _ => Ok(table),
        }
    }

    /// A table that clients may empty.
    pub(super) fn truncatable_table(&self, name: &TableName) -> Result<Arc<Table>, QueryError> {
        let table = self.table(name)?;
        match (&*table.keyspace, &*table.name) {
            ("system", "prepared_statements") => Ok(table),
            _ => self.writable_table(name),
        }
    }

    /// A type that a statement about a table names.
    pub(super) fn data_type(
        &self,
        data_type: &DataType,
        table: &Table,
    ) -> Result<CqlType, QueryError> {
        let none = UserTypes::new();
        let types =
            self.catalog.keyspace(&table.keyspace).map_or(&none, |keyspace| &keyspace.types);
        data_type.to_cql_type(types).map_err(|unknown| {
            QueryError::Invalid(format!("Unknown type {}.{unknown}", table.keyspace))
        })
    }

    /// Learns what a marker stands for: `name`, unless the text names it, of type `ty`.
    pub(super) fn bind(&mut self, marker: usize, table: &Table, name: &str, ty: &CqlType) {
        let name = self.names.get(marker).and_then(Option::as_deref).unwrap_or(name);
        if let Some(spec) = self.specs.get_mut(marker) {
            *spec = Some(table.spec(name, ty.clone()));
        }
    }

    /// Learns that a marker gives the value of the partition key's column at `index`.
    pub(super) fn bind_key(&mut self, marker: usize, table: &Arc<Table>, index: usize) {
        match &self.key_table {
            None => {
                self.key_markers = vec![None; table.partition_key().len()];
                self.key_table = Some(table.clone());
            }
            Some(known) if known.id == table.id => {}
            // Statements of several tables have no one partition key.
            Some(_) => self.key_markers.clear(),
        }
        if let Some(slot) = self.key_markers.get_mut(index) {
            *slot = u16::try_from(marker).ok();
        }
    }

    /// No markers make up a partition key.
    pub(super) fn forget_key(&mut self) {
        self.key_markers.clear();
    }

    /// The markers, and those of them that make up the partition key, or none.
    pub(super) fn finish(self) -> Result<(Vec<ColumnSpec>, Vec<u16>), QueryError> {
        let specs: Option<Vec<_>> = self.specs.into_iter().collect();
        let unknown = || QueryError::invalid("Cannot infer type for a bind marker");
        let key: Option<Vec<_>> = self.key_markers.into_iter().collect();
        Ok((specs.ok_or_else(unknown)?, key.unwrap_or_default()))
    }
}

/// The keyspace of a table's name, or else `current`.
pub(super) fn keyspace_of<'a>(
    name: &'a TableName,
    current: Option<&'a str>,
) -> Result<&'a str, QueryError> {
    name.keyspace.as_deref().or(current).ok_or_else(|| {
        QueryError::invalid(
            "No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename",
        )
    })
}

/// The index of a column, or Cassandra's complaint that there is none.
pub(super) fn column_index(table: &Table, name: &str) -> Result<usize, QueryError> {
    table.column_index(name).ok_or_else(|| {
        QueryError::Invalid(format!(
            "Undefined column name {} in table {}.{}",
            QuotedName(name),
            QuotedName(&table.keyspace),
            QuotedName(&table.name)
        ))
    })
}

pub(super) fn is_static(column: &Column) -> bool {
    column.kind == ColumnKind::Static
}

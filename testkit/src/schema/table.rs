//! A table: its columns, in the order in which `SELECT *` gives them.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType};
use uuid::Uuid;

use super::TableOptions;
use crate::cql::DataType;
use crate::cql::ast::{ColumnDefinition, CreateTable};
use crate::query_error::QueryError;
use crate::replica::Strategy;

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) id: Uuid,
    pub(crate) keyspace: Arc<str>,
    pub(crate) name: Arc<str>,
    /// Partition key, clustering, statics by name, the others by name.
    pub(crate) columns: Vec<Column>,
    pub(crate) options: TableOptions,
    /// Its keyspace's.
    pub(crate) strategy: Arc<Strategy>,
    partition_key: usize,
    clustering: usize,
    statics: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) ty: CqlType,
    pub(crate) kind: ColumnKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    PartitionKey,
    Clustering { descending: bool },
    Static,
    Regular,
}

impl Column {
    pub(crate) fn is_primary_key(&self) -> bool {
        matches!(self.kind, ColumnKind::PartitionKey | ColumnKind::Clustering { .. })
    }

    pub(crate) fn is_descending(&self) -> bool {
        self.kind == ColumnKind::Clustering { descending: true }
    }
}

impl Table {
    /// The table that a statement asks for.
    pub(crate) fn define(keyspace: &str, statement: &CreateTable) -> Result<Self, QueryError> {
        let options = TableOptions::define(&statement.properties)?;
        check_names(statement)?;
        if statement.partition_key.is_empty() {
            let problem = format!(
                "No PRIMARY KEY specified for table '{}' (exactly one required)",
                statement.table.table
            );
            return Err(QueryError::Invalid(problem));
        }
        let mut columns = Vec::with_capacity(statement.columns.len());
        for name in &statement.partition_key {
            columns.push(key_column(statement, name, ColumnKind::PartitionKey)?);
        }
        check_clustering_order(statement)?;
        for (index, name) in statement.clustering.iter().enumerate() {
            let descending =
                statement.clustering_order.get(index).is_some_and(|ordering| ordering.descending);
            columns.push(key_column(statement, name, ColumnKind::Clustering { descending })?);
        }
        let keys = columns.len();
        for definition in &statement.columns {
            if columns[..keys].iter().all(|column| column.name != definition.name) {
                let kind =
                    if definition.is_static { ColumnKind::Static } else { ColumnKind::Regular };
                columns.push(Column::define(definition, kind)?);
            }
        }
        columns[keys..].sort_by(|a, b| {
            (a.kind == ColumnKind::Regular, &a.name).cmp(&(b.kind == ColumnKind::Regular, &b.name))
        });
        let statics = columns.iter().filter(|column| column.kind == ColumnKind::Static).count();
        if statics > 0 && statement.clustering.is_empty() {
            let problem = "Static columns are only useful (and thus allowed) if the table has at least one clustering column";
            return Err(QueryError::invalid(problem));
        }
        check_counters(&columns[keys..])?;
        Ok(Self {
            id: Uuid::new_v4(),
            keyspace: keyspace.into(),
            name: statement.table.table.as_str().into(),
            columns,
            options,
            strategy: Arc::new(Strategy::Local),
            partition_key: statement.partition_key.len(),
            clustering: statement.clustering.len(),
            statics,
        })
    }

    pub(crate) fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    pub(crate) fn partition_key(&self) -> &[Column] {
        &self.columns[..self.partition_key]
    }

    pub(crate) fn clustering(&self) -> &[Column] {
        &self.columns[self.clustering_range()]
    }

    pub(crate) fn clustering_range(&self) -> Range<usize> {
        self.partition_key..self.partition_key + self.clustering
    }

    /// The indexes of static columns.
    pub(crate) fn static_range(&self) -> Range<usize> {
        let start = self.partition_key + self.clustering;
        start..start + self.statics
    }

    /// The indexes of the columns that every row has for itself.
    pub(crate) fn regular_range(&self) -> Range<usize> {
        self.static_range().end..self.columns.len()
    }

    pub(crate) fn is_counter(&self) -> bool {
        self.columns.iter().any(|column| column.ty == CqlType::Counter)
    }

    pub(crate) fn spec(&self, name: impl Into<String>, ty: CqlType) -> ColumnSpec {
        ColumnSpec::new(self.keyspace.clone(), self.name.clone(), name, ty)
    }
}

impl Column {
    fn define(definition: &ColumnDefinition, kind: ColumnKind) -> Result<Self, QueryError> {
        let ty = definition
            .data_type
            .to_cql_type()
            .map_err(|unknown| QueryError::Invalid(format!("Unknown type {unknown}")))?;
        Ok(Self {
            name: definition.name.clone(),
            data_type: definition.data_type.clone(),
            ty,
            kind,
        })
    }
}

fn key_column(statement: &CreateTable, name: &str, kind: ColumnKind) -> Result<Column, QueryError> {
    let Some(definition) = statement.columns.iter().find(|column| column.name == name) else {
        let problem = format!(
            "Unknown column '{name}' referenced in PRIMARY KEY for table '{}'",
            statement.table.table
        );
        return Err(QueryError::Invalid(problem));
    };
    if definition.is_static {
        return Err(QueryError::Invalid(format!(
            "Static column '{name}' cannot be part of the PRIMARY KEY"
        )));
    }
    let unfit = match &definition.data_type {
        data_type if data_type.is_multi_cell() => Some("non-frozen collection"),
        data_type if data_type.is_counter() => Some("counter"),
        DataType::Native(CqlType::Duration) => Some("duration"),
        _ => None,
    };
    match unfit {
        Some(what) => {
            Err(QueryError::Invalid(format!("Invalid {what} type for PRIMARY KEY column '{name}'")))
        }
        None => Column::define(definition, kind),
    }
}

fn check_names(statement: &CreateTable) -> Result<(), QueryError> {
    let mut seen = HashSet::new();
    for column in &statement.columns {
        if !seen.insert(&column.name) {
            return Err(QueryError::Invalid(format!(
                "Duplicate column '{}' declaration for table '{}'",
                column.name, statement.table.table
            )));
        }
    }
    let mut seen = HashSet::new();
    match statement
        .partition_key
        .iter()
        .chain(&statement.clustering)
        .find(|name| !seen.insert(*name))
    {
        Some(name) => Err(QueryError::Invalid(format!(
            "Duplicate column '{name}' in PRIMARY KEY clause for table '{}'",
            statement.table.table
        ))),
        None => Ok(()),
    }
}

/// Columns must be given in the order of the clustering key, from the first on.
fn check_clustering_order(statement: &CreateTable) -> Result<(), QueryError> {
    for (index, ordering) in statement.clustering_order.iter().enumerate() {
        match statement.clustering.get(index) {
            Some(name) if *name == ordering.column => {}
            _ if statement.clustering.contains(&ordering.column) => {
                return Err(QueryError::invalid(
                    "The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns",
                ));
            }
            _ => {
                return Err(QueryError::invalid(
                    "Only clustering key columns can be defined in CLUSTERING ORDER directive",
                ));
            }
        }
    }
    if !statement.clustering_order.is_empty()
        && statement.clustering_order.len() < statement.clustering.len()
    {
        let missing = &statement.clustering[statement.clustering_order.len()];
        return Err(QueryError::Invalid(format!("Missing CLUSTERING ORDER for column {missing}")));
    }
    Ok(())
}

/// Outside its key, a table has counters only or none.
fn check_counters(columns: &[Column]) -> Result<(), QueryError> {
    let counters = columns.iter().filter(|column| column.ty == CqlType::Counter).count();
    if counters != 0 && counters != columns.len() {
        return Err(QueryError::invalid(
            "Cannot mix counter and non counter columns in the same table",
        ));
    }
    Ok(())
}

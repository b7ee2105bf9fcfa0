//! A table: its columns, in the order in which `SELECT *` gives them.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType};
use uuid::Uuid;

use super::{Column, ColumnKind, DroppedColumn, Index, TableOptions, UserTypes, View};
use crate::cql::DataType;
use crate::cql::ast::{ColumnDefinition, CreateTable};
use crate::query_error::QueryError;
use crate::replica::Strategy;

/// A table, or a view.
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
    pub(crate) indexes: Vec<Index>,
    pub(crate) dropped_columns: Vec<DroppedColumn>,
    /// What it is a view of, if it is one.
    pub(crate) view: Option<View>,
    /// Statements that were prepared for another version do not fit its columns.
    pub(crate) version: u64,
    pub(super) partition_key: usize,
    pub(super) clustering: usize,
    pub(super) statics: usize,
}

impl Table {
    /// The table that a statement asks for.
    pub(crate) fn define(
        keyspace: &str,
        statement: &CreateTable,
        types: &UserTypes,
    ) -> Result<Self, QueryError> {
        let options = TableOptions::define(&statement.properties)?;
        check_names(statement)?;
        if statement.primary_keys != 1 {
            let how_many = if statement.primary_keys == 0 { "No" } else { "Multiple" };
            // Cassandra misspells the one of them.
            let specified = if statement.primary_keys == 0 { "specifed" } else { "specified" };
            return Err(QueryError::Invalid(format!(
                "{how_many} PRIMARY KEY {specified} for table '{}' (exactly one required)",
                statement.table.table
            )));
        }
        let key_column = |name: &str, kind| key_column(statement, name, kind, keyspace, types);
        let mut columns = Vec::with_capacity(statement.columns.len());
        for name in &statement.partition_key {
            columns.push(key_column(name, ColumnKind::PartitionKey)?);
        }
        check_clustering_order(statement)?;
        for (index, name) in statement.clustering.iter().enumerate() {
            let is_reversed =
                |column: &ColumnDefinition| column.name == *name && column.is_reversed;
            let descending =
                statement.clustering_order.get(index).is_some_and(|ordering| ordering.descending)
                    || statement.columns.iter().any(is_reversed);
            columns.push(key_column(name, ColumnKind::Clustering { descending })?);
        }
        let keys = columns.len();
        for definition in &statement.columns {
            if columns[..keys].iter().all(|column| column.name != definition.name) {
                let kind =
                    if definition.is_static { ColumnKind::Static } else { ColumnKind::Regular };
                columns.push(Column::define(definition, kind, keyspace, types)?);
            }
        }
        let mut table = Self {
            id: Uuid::new_v4(),
            keyspace: keyspace.into(),
            name: statement.table.table.as_str().into(),
            columns,
            options,
            strategy: Arc::new(Strategy::Local),
            indexes: Vec::new(),
            dropped_columns: Vec::new(),
            view: None,
            version: 0,
            partition_key: statement.partition_key.len(),
            clustering: statement.clustering.len(),
            statics: 0,
        };
        table.arrange();
        for range in [table.static_range(), table.regular_range()] {
            for (slot, column) in table.columns[range].iter_mut().enumerate() {
                column.slot = slot;
            }
        }
        if table.statics > 0 && table.clustering == 0 {
            let problem = "Static columns are only useful (and thus allowed) if the table has at least one clustering column";
            return Err(QueryError::invalid(problem));
        }
        check_counters(&table.columns[keys..])?;
        if table.is_counter() && table.options.default_ttl() > 0 {
            let problem = "Cannot set default_time_to_live on a table with counters";
            return Err(QueryError::invalid(problem));
        }
        Ok(table)
    }

    /// Puts the columns outside the key in their order.
    pub(super) fn arrange(&mut self) {
        let keys = self.partition_key + self.clustering;
        self.columns[keys..].sort_by(|a, b| {
            (a.kind == ColumnKind::Regular, &a.name).cmp(&(b.kind == ColumnKind::Regular, &b.name))
        });
        self.statics =
            self.columns.iter().filter(|column| column.kind == ColumnKind::Static).count();
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

fn key_column(
    statement: &CreateTable,
    name: &str,
    kind: ColumnKind,
    keyspace: &str,
    types: &UserTypes,
) -> Result<Column, QueryError> {
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
    let data_type = &definition.data_type;
    let problem = match data_type {
        DataType::Named(named) if types.contains_key(named) => {
            format!("Invalid non-frozen user-defined type \"{keyspace}.{named}\" for")
        }
        DataType::Native(CqlType::Duration) => "duration type is not supported for".to_owned(),
        data_type if data_type.is_counter() => "counter type is not supported for".to_owned(),
        DataType::List(_) | DataType::Set(_) | DataType::Map(..) => {
            format!("Invalid non-frozen collection type {data_type} for")
        }
        _ => return Column::define(definition, kind, keyspace, types),
    };
    Err(QueryError::Invalid(format!("{problem} PRIMARY KEY column '{name}'")))
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
    let given: Vec<_> =
        statement.clustering_order.iter().map(|ordering| ordering.column.as_str()).collect();
    if let Some((_, name)) =
        given.iter().enumerate().find(|(index, name)| given[..*index].contains(name))
    {
        return Err(QueryError::Invalid(format!(
            "Duplicate column '{name}' in CLUSTERING ORDER BY clause for table '{}'",
            statement.table.table
        )));
    }
    let is_clustering = |name: &&&str| statement.clustering.iter().any(|column| column == **name);
    let others: Vec<_> = given.iter().filter(|name| !is_clustering(name)).copied().collect();
    if !others.is_empty() {
        return Err(QueryError::Invalid(format!(
            "Only clustering key columns can be defined in CLUSTERING ORDER directive: [{}] are not clustering columns",
            others.join(", ")
        )));
    }
    for (name, wanted) in given.iter().zip(&statement.clustering) {
        if name != wanted {
            return Err(QueryError::Invalid(format!(
                "The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns ({wanted} must appear before {name})"
            )));
        }
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

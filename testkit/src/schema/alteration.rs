//! What `ALTER TABLE` and `ALTER TYPE` make of a table.

use std::collections::BTreeMap;

use super::column::resolve;
use super::{Column, ColumnKind, DroppedColumn, Table, UserTypes};
use crate::cql::ast::ColumnDefinition;
use crate::query_error::QueryError;

impl Table {
    /// The column of this name, or the complaint that there is none.
    pub(crate) fn named_column(&self, name: &str) -> Result<&Column, QueryError> {
        self.column_index(name).map(|index| &self.columns[index]).ok_or_else(|| {
            QueryError::Invalid(format!(
                "Undefined column name {name} in table {}.{}",
                self.keyspace, self.name
            ))
        })
    }

    pub(crate) fn add_column(
        &mut self,
        definition: &ColumnDefinition,
        if_not_exists: bool,
        types: &UserTypes,
    ) -> Result<(), QueryError> {
        let name = &definition.name;
        let shown = format!("{}.{}", self.keyspace, self.name);
        if self.column_index(name).is_some() {
            if if_not_exists {
                return Ok(());
            }
            return Err(QueryError::Invalid(format!("Column with name '{name}' already exists")));
        }
        let kind = if definition.is_static { ColumnKind::Static } else { ColumnKind::Regular };
        let mut column = Column::define(definition, kind, &self.keyspace, types)?;
        if definition.is_static && self.clustering == 0 {
            let problem = "Static columns are only useful (and thus allowed) if the table has at least one clustering column";
            return Err(QueryError::invalid(problem));
        }
        let counts = column.data_type.is_counter();
        if counts && !self.is_counter() {
            return Err(QueryError::Configuration(format!(
                "{shown}: Cannot have a counter column (\"{name}\") in a non counter table"
            )));
        }
        if !counts && self.is_counter() {
            return Err(QueryError::Configuration(format!(
                "{shown}: Cannot have a non counter column (\"{name}\") in a counter table"
            )));
        }
        let dropped = self.dropped_columns.iter().rev().map(|dropped| &dropped.column);
        if let Some(before) = dropped.into_iter().find(|before| before.name == *name) {
            if before.ty != column.ty {
                return Err(QueryError::Invalid(format!(
                    "Cannot re-add previously dropped column '{name}' of type {}, incompatible with previous type {}",
                    column.data_type, before.data_type
                )));
            }
            if before.kind != column.kind {
                let kind = |kind| if kind == ColumnKind::Static { "static" } else { "regular" };
                return Err(QueryError::Invalid(format!(
                    "Cannot re-add previously dropped column '{name}' of kind {}, incompatible with previous kind {}",
                    kind(column.kind).to_uppercase(),
                    kind(before.kind).to_uppercase()
                )));
            }
        }
        column.slot = self.next_slot(kind);
        self.columns.push(column);
        self.arrange();
        Ok(())
    }

    /// A slot that no column of this kind ever had.
    fn next_slot(&self, kind: ColumnKind) -> usize {
        let dropped = self.dropped_columns.iter().map(|dropped| &dropped.column);
        let same = self.columns.iter().chain(dropped).filter(|column| column.kind == kind);
        same.map(|column| column.slot + 1).max().unwrap_or(0)
    }

    pub(crate) fn drop_column(
        &mut self,
        name: &str,
        if_exists: bool,
        now: i64,
    ) -> Result<(), QueryError> {
        let Some(index) = self.column_index(name) else {
            if if_exists {
                return Ok(());
            }
            return Err(QueryError::Invalid(format!(
                "Column {name} was not found in table '{}.{}'",
                self.keyspace, self.name
            )));
        };
        if self.columns[index].is_primary_key() {
            return Err(QueryError::Invalid(format!("Cannot drop PRIMARY KEY column {name}")));
        }
        let indexes = self.indexes.iter().filter(|index| index.column == name);
        let indexes: Vec<_> = indexes.map(|index| index.name.as_str()).collect();
        if !indexes.is_empty() {
            return Err(QueryError::Invalid(format!(
                "Cannot drop column {name} because it has dependent secondary indexes ({})",
                indexes.join(", ")
            )));
        }
        let column = self.columns.remove(index);
        self.dropped_columns.push(DroppedColumn { column, dropped_at: now });
        self.arrange();
        Ok(())
    }

    pub(crate) fn rename_column(
        &mut self,
        from: &str,
        to: &str,
        if_exists: bool,
    ) -> Result<(), QueryError> {
        let Some(index) = self.column_index(from) else {
            return if if_exists { Ok(()) } else { self.named_column(from).map(|_| ()) };
        };
        if !self.columns[index].is_primary_key() {
            return Err(QueryError::Invalid(format!(
                "Cannot rename non PRIMARY KEY column {from}"
            )));
        }
        if self.column_index(to).is_some() {
            return Err(QueryError::Invalid(format!(
                "Cannot rename column {from} to {to} in table '{}.{}'; another column with that name already exists",
                self.keyspace, self.name
            )));
        }
        if self.indexes.iter().any(|index| index.column == from) {
            return Err(QueryError::Invalid(format!(
                "Can't rename column {from} because it has dependent secondary indexes"
            )));
        }
        to.clone_into(&mut self.columns[index].name);
        Ok(())
    }

    /// Follows its base table, whose column has another name now.
    pub(crate) fn rename_column_of_base(&mut self, from: &str, to: &str) -> Result<(), QueryError> {
        self.rename_column(from, to, true)?;
        if let Some(view) = &mut self.view {
            view.rename_column(from, to);
        }
        Ok(())
    }

    /// Looks its columns' types up again; whether any is another one now.
    pub(crate) fn refresh_types(&mut self, types: &UserTypes) -> Result<bool, QueryError> {
        let mut changed = BTreeMap::new();
        for (index, column) in self.columns.iter().enumerate() {
            let ty = resolve(&column.data_type, &self.keyspace, types)?;
            if ty != column.ty {
                changed.insert(index, ty);
            }
        }
        let is_changed = !changed.is_empty();
        for (index, ty) in changed {
            self.columns[index].ty = ty;
        }
        Ok(is_changed)
    }
}

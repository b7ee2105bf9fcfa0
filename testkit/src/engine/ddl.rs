//! Changes of the schema: keyspaces and tables. What else a keyspace holds is in the modules beside.

use helenus_protocol::{SchemaChange, SchemaChangeKind, SchemaTarget};

use super::own_keyspaces::{On, Right, check_not_local, check_permitted};
use super::planner::keyspace_of;
use super::schema_name::{check_keyspace_name, check_table_name};
use super::{Clock, Engine};
use crate::cql::ast::{
    AlterTable, CreateKeyspace, CreateTable, Property, Statement, TableAlteration, TableName,
};
use crate::query_error::QueryError;
use crate::schema::{Catalog, Keyspace, Table};

pub(super) type Changes = Result<Vec<SchemaChange>, QueryError>;

impl Engine {
    /// Runs a statement that changes the schema. The last change is the statement's own, the ones before it are
    /// what it brings about; none if it changes nothing.
    pub(super) fn change_schema(&self, statement: &Statement, keyspace: Option<&str>) -> Changes {
        match statement {
            Statement::CreateKeyspace(create) => self.create_keyspace(create),
            Statement::AlterKeyspace { name, if_exists, properties } => {
                self.alter_keyspace(name, *if_exists, properties)
            }
            Statement::DropKeyspace { name, if_exists } => self.drop_keyspace(name, *if_exists),
            Statement::CreateTable(create) => self.create_table(create, keyspace),
            Statement::AlterTable(alter) => self.alter_table(alter, keyspace),
            Statement::DropTable { table, if_exists } => {
                self.drop_table(table, *if_exists, keyspace)
            }
            Statement::CreateType(create) => self.create_type(create, keyspace),
            Statement::AlterType(alter) => self.alter_type(alter, keyspace),
            Statement::DropType { name, if_exists } => self.drop_type(name, *if_exists, keyspace),
            Statement::CreateIndex(create) => self.create_index(create, keyspace),
            Statement::DropIndex { index, if_exists } => {
                self.drop_index(index, *if_exists, keyspace)
            }
            Statement::CreateView(create) => self.create_view(create, keyspace),
            Statement::AlterView { view, if_exists, properties } => {
                self.alter_view(view, *if_exists, properties, keyspace)
            }
            Statement::DropView { view, if_exists } => self.drop_view(view, *if_exists, keyspace),
            Statement::CreateTrigger(create) => self.create_trigger(create, keyspace),
            Statement::DropTrigger(dropped) => self.drop_trigger(dropped, keyspace),
            Statement::CreateFunction(create) => self.create_function(create, keyspace),
            Statement::DropFunction(routine) => self.drop_function(routine, keyspace),
            Statement::CreateAggregate(create) => self.create_aggregate(create, keyspace),
            Statement::DropAggregate(routine) => self.drop_aggregate(routine, keyspace),
            _ => Ok(Vec::new()),
        }
    }

    fn create_keyspace(&self, create: &CreateKeyspace) -> Changes {
        check_keyspace_name(&create.name)?;
        check_not_local(&create.name)?;
        let datacenters = self.datacenters();
        self.edit_schema(|catalog| {
            if catalog.keyspace(&create.name).is_none() {
                catalog.add_keyspace(Keyspace::define(create, &datacenters)?);
                return Ok(Some(vec![change(
                    SchemaChangeKind::Created,
                    &create.name,
                    SchemaTarget::Keyspace,
                )]));
            }
            if create.if_not_exists {
                return Ok(None);
            }
            Keyspace::new(&create.name, crate::schema::Replication::local())
                .check_properties(&create.properties)?;
            Err(QueryError::AlreadyExists {
                keyspace: create.name.clone(),
                table: String::new(),
                message: format!("Cannot add existing keyspace \"{}\"", create.name),
            })
        })
    }

    fn alter_keyspace(&self, name: &str, if_exists: bool, properties: &[Property]) -> Changes {
        check_permitted(Right::Alter, On::Keyspace(name))?;
        let datacenters = self.datacenters();
        let changes = self.edit_schema(|catalog| {
            if catalog.keyspace(name).is_none() && if_exists {
                return Ok(None);
            }
            let keyspace = catalog.keyspace_mut(name)?;
            keyspace.alter(properties, &datacenters)?;
            let strategy = std::sync::Arc::new(keyspace.replication.strategy());
            let tables: Vec<_> = keyspace.tables.values().cloned().collect();
            for table in tables {
                let mut table = Table::clone(&table);
                // Prepared statements know their replicas by the table they were prepared for.
                table.strategy = strategy.clone();
                self.replace_table(catalog, table);
            }
            Ok(Some(vec![change(SchemaChangeKind::Updated, name, SchemaTarget::Keyspace)]))
        })?;
        Ok(changes)
    }

    fn drop_keyspace(&self, name: &str, if_exists: bool) -> Changes {
        check_permitted(Right::Drop, On::Keyspace(name))?;
        let dropped = self.schema.update(|catalog| match catalog.keyspaces.remove(name) {
            Some(keyspace) => Ok(Some(keyspace)),
            None if if_exists => Ok(None),
            None => Err(QueryError::Invalid(format!("Keyspace '{name}' doesn't exist"))),
        })?;
        let Some(keyspace) = dropped else {
            return Ok(Vec::new());
        };
        let mut changes = Vec::with_capacity(keyspace.tables.len() + 1);
        for table in keyspace.tables.values() {
            self.storage.drop_table(table.id);
            changes.push(table_change(SchemaChangeKind::Dropped, name, &table.name));
        }
        changes.push(change(SchemaChangeKind::Dropped, name, SchemaTarget::Keyspace));
        Ok(changes)
    }

    fn create_table(&self, create: &CreateTable, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&create.table, keyspace)?;
        check_permitted(Right::Create, On::AllTables(keyspace))?;
        check_table_name(keyspace, &create.table.table)?;
        let name = &create.table.table;
        self.edit_schema(|catalog| {
            check_keyspace(catalog, keyspace)?;
            if catalog.table(keyspace, name).is_none() {
                let types = &catalog.keyspaces[keyspace].types;
                let table = Table::define(keyspace, create, types)?;
                // Before anyone can see the table, so that whoever sees it finds its data.
                self.storage.add_table(table.id);
                catalog.add_table(table);
                return Ok(Some(vec![table_change(SchemaChangeKind::Created, keyspace, name)]));
            }
            if create.if_not_exists {
                return Ok(None);
            }
            crate::schema::TableOptions::define(&create.properties).or_else(
                |error| match error {
                    QueryError::Syntax(_) => Err(error),
                    _ => Ok(crate::schema::TableOptions::default()),
                },
            )?;
            Err(QueryError::AlreadyExists {
                keyspace: keyspace.to_owned(),
                table: name.clone(),
                message: format!(
                    "Cannot add already existing table \"{name}\" to keyspace \"{keyspace}\""
                ),
            })
        })
    }

    fn alter_table(&self, alter: &AlterTable, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&alter.table, keyspace)?;
        let name = &alter.table.table;
        check_permitted(Right::Alter, On::Table(keyspace, name))?;
        self.edit_schema(|catalog| {
            let known = catalog.table(keyspace, name).filter(|table| table.view.is_none());
            let Some(mut table) = known.map(|table| Table::clone(table)) else {
                if alter.if_exists {
                    return Ok(None);
                }
                if catalog.table(keyspace, name).is_some() {
                    return Err(QueryError::invalid(
                        "Cannot use ALTER TABLE on a materialized view; use ALTER MATERIALIZED VIEW \
                         instead",
                    ));
                }
                return Err(missing_table(keyspace, name));
            };
            let types = &catalog.keyspaces[keyspace].types;
            let mut views = views_of(catalog, keyspace, name);
            match &alter.alteration {
                TableAlteration::Add { columns, if_not_exists } => {
                    views.retain(|view| view.view.as_ref().is_some_and(|view| view.includes_all));
                    for column in columns {
                        table.add_column(column, *if_not_exists, types)?;
                        for view in views.iter_mut().filter(|_| !column.is_static) {
                            view.add_column(column, true, types)?;
                        }
                    }
                }
                TableAlteration::Drop { columns, if_exists } => {
                    for column in columns {
                        check_views(catalog, keyspace, name, column)?;
                        table.drop_column(column, *if_exists, Clock::milliseconds())?;
                    }
                }
                TableAlteration::Rename { columns, if_exists } => {
                    for (from, to) in columns {
                        table.rename_column(from, to, *if_exists)?;
                        for view in &mut views {
                            view.rename_column_of_base(from, to)?;
                        }
                    }
                }
                TableAlteration::Type => {
                    return Err(QueryError::invalid("Altering column types is no longer supported"));
                }
                TableAlteration::With(properties) => table.options.alter(properties)?,
            }
            let names = |table: &Table| -> Vec<String> {
                table.columns.iter().map(|column| column.name.clone()).collect()
            };
            let changes_columns = !matches!(alter.alteration, TableAlteration::With(_));
            if changes_columns && Some(names(&table)) == catalog.table(keyspace, name).map(|t| names(t)) {
                return Ok(None);
            }
            let changes_views = matches!(
                alter.alteration,
                TableAlteration::Add { .. } | TableAlteration::Rename { .. }
            );
            let changed = views.into_iter().filter(|_| changes_views).chain([table]);
            let mut changes = Vec::new();
            for table in changed {
                changes.push(table_change(SchemaChangeKind::Updated, keyspace, &table.name));
                self.replace_table(catalog, table);
            }
            Ok(Some(changes))
        })
    }

    fn drop_table(&self, table: &TableName, if_exists: bool, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(table, keyspace)?;
        let name = &table.table;
        check_permitted(Right::Drop, On::Table(keyspace, name))?;
        let dropped = self.schema.update(|catalog| {
            let Some(table) = catalog.table(keyspace, name).cloned() else {
                return if if_exists { Ok(None) } else { Err(missing_table(keyspace, name)) };
            };
            if table.view.is_some() {
                return Err(QueryError::invalid(
                    "Cannot use DROP TABLE on a materialized view. Please use DROP MATERIALIZED VIEW \
                     instead.",
                ));
            }
            if catalog.keyspaces[keyspace].views_of(name).next().is_some() {
                // Cassandra names the keyspace, too, where the views would be of use.
                return Err(QueryError::Invalid(format!(
                    "Cannot drop a table when materialized views still depend on it ({keyspace})"
                )));
            }
            catalog.drop_table(keyspace, name);
            Ok(Some(table))
        })?;
        let Some(table) = dropped else {
            return Ok(Vec::new());
        };
        self.storage.drop_table(table.id);
        Ok(vec![table_change(SchemaChangeKind::Dropped, keyspace, name)])
    }

    /// Lets `edit` change the schema; it gives nothing where it changed nothing.
    pub(super) fn edit_schema(
        &self,
        edit: impl FnOnce(&mut Catalog) -> Result<Option<Vec<SchemaChange>>, QueryError>,
    ) -> Changes {
        Ok(self.schema.update(edit)?.unwrap_or_default())
    }

    /// Puts a table in the place of its former self, so that statements have to be prepared anew.
    pub(super) fn replace_table(&self, catalog: &mut Catalog, mut table: Table) {
        table.version += 1;
        if let Some(store) = self.storage.table(table.id) {
            store.set_version(table.version);
        }
        catalog.replace_table(table);
    }
}

fn views_of(catalog: &Catalog, keyspace: &str, table: &str) -> Vec<Table> {
    catalog.keyspaces[keyspace].views_of(table).map(|view| Table::clone(view)).collect()
}

/// Whether no view shows a column that is to be dropped.
fn check_views(
    catalog: &Catalog,
    keyspace: &str,
    table: &str,
    column: &str,
) -> Result<(), QueryError> {
    let views = catalog.keyspaces[keyspace].views_of(table);
    let views: Vec<_> = views.map(|view| &*view.name).collect();
    if views.is_empty() {
        return Ok(());
    }
    Err(QueryError::Invalid(format!(
        "Cannot drop column {column} on base table {table} with materialized views ({})",
        views.join(", ")
    )))
}

fn missing_table(keyspace: &str, name: &str) -> QueryError {
    QueryError::Invalid(format!("Table '{keyspace}.{name}' doesn't exist"))
}

pub(super) fn change(kind: SchemaChangeKind, keyspace: &str, target: SchemaTarget) -> SchemaChange {
    SchemaChange { kind, keyspace: keyspace.to_owned(), target }
}

pub(super) fn table_change(kind: SchemaChangeKind, keyspace: &str, table: &str) -> SchemaChange {
    change(kind, keyspace, SchemaTarget::Table(table.to_owned()))
}

pub(super) fn check_keyspace(catalog: &Catalog, name: &str) -> Result<(), QueryError> {
    match catalog.keyspace(name) {
        Some(_) => Ok(()),
        None => Err(QueryError::Invalid(format!("Keyspace '{name}' doesn't exist"))),
    }
}

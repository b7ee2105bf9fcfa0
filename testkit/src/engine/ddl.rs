//! Changes of the schema.

use helenus_protocol::{SchemaChange, SchemaChangeKind, SchemaTarget};

use super::Engine;
use super::planner::keyspace_of;
use crate::cql::ast::{CreateKeyspace, CreateTable, Statement, TableName};
use crate::query_error::QueryError;
use crate::schema::{Catalog, Keyspace, Table};

const LONGEST_NAME: usize = 48;

impl Engine {
    /// Runs a statement that changes the schema. The last change is the statement's own, the ones before it are
    /// what it brings about; none if it changes nothing.
    pub(super) fn change_schema(
        &self,
        statement: &Statement,
        keyspace: Option<&str>,
    ) -> Result<Vec<SchemaChange>, QueryError> {
        match statement {
            Statement::CreateKeyspace(create) => self.create_keyspace(create),
            Statement::DropKeyspace { name, if_exists } => self.drop_keyspace(name, *if_exists),
            Statement::CreateTable(create) => self.create_table(create, keyspace),
            Statement::DropTable { table, if_exists } => {
                self.drop_table(table, *if_exists, keyspace)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn create_keyspace(&self, create: &CreateKeyspace) -> Result<Vec<SchemaChange>, QueryError> {
        check_name("Keyspace", &create.name)?;
        check_modifiable(&create.name)?;
        let keyspace = Keyspace::define(create, &self.datacenters())?;
        let created = self.schema.update(|catalog| {
            if catalog.keyspace(&create.name).is_none() {
                catalog.add_keyspace(keyspace);
                return Ok(Some(vec![change(SchemaChangeKind::Created, &create.name, None)]));
            }
            if create.if_not_exists {
                return Ok(None);
            }
            Err(QueryError::AlreadyExists {
                keyspace: create.name.clone(),
                table: String::new(),
                message: format!("Cannot add existing keyspace \"{}\"", create.name),
            })
        })?;
        Ok(created.unwrap_or_default())
    }

    fn drop_keyspace(&self, name: &str, if_exists: bool) -> Result<Vec<SchemaChange>, QueryError> {
        check_modifiable(name)?;
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
            changes.push(change(SchemaChangeKind::Dropped, name, Some(&table.name)));
        }
        changes.push(change(SchemaChangeKind::Dropped, name, None));
        Ok(changes)
    }

    fn create_table(
        &self,
        create: &CreateTable,
        keyspace: Option<&str>,
    ) -> Result<Vec<SchemaChange>, QueryError> {
        let keyspace = keyspace_of(&create.table, keyspace)?;
        check_modifiable(keyspace)?;
        check_name("Table", &create.table.table)?;
        let table = Table::define(keyspace, create)?;
        let name = &create.table.table;
        let created = self.schema.update(|catalog| {
            check_keyspace(catalog, keyspace)?;
            if catalog.table(keyspace, name).is_none() {
                // Before anyone can see the table, so that whoever sees it finds its data.
                self.storage.add_table(table.id);
                catalog.add_table(table);
                return Ok(Some(vec![change(SchemaChangeKind::Created, keyspace, Some(name))]));
            }
            if create.if_not_exists {
                return Ok(None);
            }
            Err(QueryError::AlreadyExists {
                keyspace: keyspace.to_owned(),
                table: name.clone(),
                message: format!(
                    "Cannot add already existing table \"{name}\" to keyspace \"{keyspace}\""
                ),
            })
        })?;
        Ok(created.unwrap_or_default())
    }

    fn drop_table(
        &self,
        table: &TableName,
        if_exists: bool,
        keyspace: Option<&str>,
    ) -> Result<Vec<SchemaChange>, QueryError> {
        let keyspace = keyspace_of(table, keyspace)?;
        check_modifiable(keyspace)?;
        let name = &table.table;
        let dropped = self.schema.update(|catalog| {
            let Some(table) = catalog.table(keyspace, name).cloned() else {
                if if_exists {
                    return Ok(None);
                }
                check_keyspace(catalog, keyspace)?;
                return Err(QueryError::Invalid(format!(
                    "Table '{keyspace}.{name}' doesn't exist"
                )));
            };
            catalog.drop_table(keyspace, name);
            Ok(Some(table))
        })?;
        let Some(table) = dropped else {
            return Ok(Vec::new());
        };
        self.storage.drop_table(table.id);
        Ok(vec![change(SchemaChangeKind::Dropped, keyspace, Some(name))])
    }
}

fn change(kind: SchemaChangeKind, keyspace: &str, table: Option<&str>) -> SchemaChange {
    let target =
        table.map_or(SchemaTarget::Keyspace, |table| SchemaTarget::Table(table.to_owned()));
    SchemaChange { kind, keyspace: keyspace.to_owned(), target }
}

fn check_keyspace(catalog: &Catalog, name: &str) -> Result<(), QueryError> {
    match catalog.keyspace(name) {
        Some(_) => Ok(()),
        None => Err(QueryError::Invalid(format!("Keyspace '{name}' doesn't exist"))),
    }
}

fn check_modifiable(keyspace: &str) -> Result<(), QueryError> {
    if keyspace == "system" || keyspace.starts_with("system_") {
        return Err(QueryError::Unauthorized(format!(
            "{keyspace} keyspace is not user-modifiable."
        )));
    }
    Ok(())
}

fn check_name(what: &str, name: &str) -> Result<(), QueryError> {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word && !name.is_empty() && name.len() <= LONGEST_NAME {
        return Ok(());
    }
    Err(QueryError::Invalid(format!(
        "{what} name must not be empty, more than {LONGEST_NAME} characters long, or contain \
         non-alphanumeric-underscore characters (got \"{name}\")"
    )))
}

//! `CREATE TYPE`, `ALTER TYPE` and `DROP TYPE`.

use std::sync::Arc;

use helenus_protocol::{SchemaChangeKind, SchemaTarget};

use super::Engine;
use super::ddl::{Changes, change, check_keyspace};
use super::own_keyspaces::{On, Right, check_permitted};
use super::planner::keyspace_of;
use crate::cql::DataType;
use crate::cql::ast::{AlterType, CreateType, TableName, TypeAlteration};
use crate::query_error::QueryError;
use crate::schema::{Catalog, Table, UserType, UserTypes};

impl Engine {
    pub(super) fn create_type(&self, create: &CreateType, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&create.name, keyspace)?;
        check_permitted(Right::Create, On::AllTables(keyspace))?;
        let name = &create.name.table;
        self.edit_schema(|catalog| {
            check_keyspace(catalog, keyspace)?;
            let keyspace_types = &mut catalog.keyspace_mut(keyspace)?.types;
            if keyspace_types.contains_key(name) {
                if create.if_not_exists {
                    return Ok(None);
                }
                return Err(QueryError::Invalid(format!(
                    "A user type with name '{name}' already exists"
                )));
            }
            for (index, (field, data_type)) in create.fields.iter().enumerate() {
                if create.fields[..index].iter().any(|(other, _)| other == field) {
                    return Err(QueryError::Invalid(format!(
                        "Duplicate field name '{field}' in type '{name}'"
                    )));
                }
                check_field(data_type, keyspace, keyspace_types)?;
            }
            let fields = create.fields.clone();
            let created = UserType { keyspace: keyspace.to_owned(), name: name.clone(), fields };
            keyspace_types.insert(name.clone(), Arc::new(created));
            Ok(Some(vec![change(
                SchemaChangeKind::Created,
                keyspace,
                SchemaTarget::Type(name.clone()),
            )]))
        })
    }

    pub(super) fn alter_type(&self, alter: &AlterType, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&alter.name, keyspace)?;
        check_permitted(Right::Alter, On::AllTables(keyspace))?;
        let name = &alter.name.table;
        self.edit_schema(|catalog| {
            let known = catalog.keyspace(keyspace).and_then(|known| known.types.get(name));
            let Some(mut altered) = known.map(|known| UserType::clone(known)) else {
                if alter.if_exists {
                    return Ok(None);
                }
                return Err(QueryError::Invalid(format!("Type {keyspace}.{name} doesn't exist")));
            };
            let types = &catalog.keyspaces[keyspace].types;
            match &alter.alteration {
                TypeAlteration::Add { field, data_type, if_not_exists } => {
                    if altered.fields.iter().any(|(known, _)| known == field) {
                        if *if_not_exists {
                            return Ok(None);
                        }
                        return Err(QueryError::Invalid(format!(
                            "Cannot add field {field} to type {keyspace}.{name}: a field with name {field} already exists"
                        )));
                    }
                    check_field(data_type, keyspace, types)?;
                    altered.fields.push((field.clone(), data_type.clone()));
                }
                TypeAlteration::Rename { fields, if_exists } => {
                    rename(&mut altered, fields, *if_exists)?;
                }
                TypeAlteration::Type => {
                    return Err(QueryError::invalid("Altering field types is no longer supported"));
                }
            }
            catalog.keyspace_mut(keyspace)?.types.insert(name.clone(), Arc::new(altered));
            self.refresh_types(catalog, keyspace)?;
            Ok(Some(vec![change(SchemaChangeKind::Updated, keyspace, SchemaTarget::Type(name.clone()))]))
        })
    }

    /// Lets the tables of a keyspace know that a type of theirs is another one now.
    fn refresh_types(&self, catalog: &mut Catalog, keyspace: &str) -> Result<(), QueryError> {
        let types = catalog.keyspaces[keyspace].types.clone();
        let tables: Vec<_> = catalog.keyspaces[keyspace].tables.values().cloned().collect();
        for table in tables {
            let mut table = Table::clone(&table);
            if table.refresh_types(&types)? {
                self.replace_table(catalog, table);
            }
        }
        Ok(())
    }

    pub(super) fn drop_type(
        &self,
        dropped: &TableName,
        if_exists: bool,
        keyspace: Option<&str>,
    ) -> Changes {
        let keyspace = keyspace_of(dropped, keyspace)?;
        check_permitted(Right::Drop, On::AllTables(keyspace))?;
        let name = &dropped.table;
        self.edit_schema(|catalog| {
            let known = catalog.keyspace(keyspace).filter(|known| known.types.contains_key(name));
            let Some(known) = known else {
                if if_exists {
                    return Ok(None);
                }
                return Err(QueryError::Invalid(format!("Type '{keyspace}.{name}' doesn't exist")));
            };
            let used = |what: &str, users: Vec<&str>| {
                Err(QueryError::Invalid(format!(
                    "Cannot drop user type '{keyspace}.{name}' as it is still used by {what} {}",
                    users.join(", ")
                )))
            };
            let mentions = |data_type: &DataType| data_type.mentions(name);
            let functions = known.functions.iter().filter(|function| {
                mentions(&function.returns) || function.arguments.iter().any(|(_, ty)| mentions(ty))
            });
            let functions: Vec<_> = functions.map(|function| function.name.as_str()).collect();
            if !functions.is_empty() {
                return used("functions", functions);
            }
            let types = known
                .types
                .values()
                .filter(|other| other.fields.iter().any(|(_, data_type)| mentions(data_type)));
            let types: Vec<_> = types.map(|other| other.name.as_str()).collect();
            if !types.is_empty() {
                return used("user types", types);
            }
            let tables = known
                .tables
                .values()
                .filter(|table| table.columns.iter().any(|column| mentions(&column.data_type)));
            let tables: Vec<_> = tables.map(|table| &*table.name).collect();
            if !tables.is_empty() {
                return used("tables", tables);
            }
            catalog.keyspace_mut(keyspace)?.types.remove(name);
            Ok(Some(vec![change(
                SchemaChangeKind::Dropped,
                keyspace,
                SchemaTarget::Type(name.clone()),
            )]))
        })
    }
}

fn check_field(data_type: &DataType, keyspace: &str, types: &UserTypes) -> Result<(), QueryError> {
    if data_type.is_counter() {
        return Err(QueryError::invalid("A user type cannot contain counters"));
    }
    if matches!(data_type, DataType::Named(_)) {
        return Err(QueryError::invalid("A user type cannot contain non-frozen UDTs"));
    }
    if let Some(part) = data_type.unfrozen_part() {
        let what = if matches!(part, DataType::Named(_)) { "UDTs" } else { "collections" };
        return Err(QueryError::Invalid(format!(
            "Non-frozen {what} are not allowed inside collections: {data_type}"
        )));
    }
    match data_type.to_cql_type(types) {
        Ok(_) => Ok(()),
        Err(unknown) => Err(QueryError::Invalid(format!("Unknown type {keyspace}.{unknown}"))),
    }
}

fn rename(
    altered: &mut UserType,
    renamings: &[(String, String)],
    if_exists: bool,
) -> Result<(), QueryError> {
    for (from, to) in renamings {
        let Some(index) = altered.fields.iter().position(|(field, _)| field == from) else {
            if if_exists {
                continue;
            }
            // So Cassandra spells it.
            return Err(QueryError::Invalid(format!(
                "Unkown field {from} in user type {}.{}",
                altered.keyspace, altered.name
            )));
        };
        to.clone_into(&mut altered.fields[index].0);
    }
    for (index, (field, _)) in altered.fields.iter().enumerate() {
        if altered.fields[..index].iter().any(|(other, _)| other == field) {
            return Err(QueryError::Invalid(format!(
                "Duplicate field name {field} in type {}",
                altered.keyspace
            )));
        }
    }
    Ok(())
}

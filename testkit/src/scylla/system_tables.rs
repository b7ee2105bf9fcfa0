//! The system tables that ScyllaDB has beside Cassandra's.

use super::Tablets;
use crate::cql::{ast::Statement, parse};
use crate::engine::Engine;
use crate::query_error::QueryError;
use crate::schema::{Catalog, Table, UserTypes};
use crate::storage::TableData;
use crate::system::rows::{Rows, int, text};

const KEYSPACE: &str = "system_schema";

const TABLES: [&str; 2] = [
    "CREATE TABLE system_schema.scylla_keyspaces (keyspace_name text PRIMARY KEY, initial_tablets int, storage_options frozen<map<text, text>>, storage_type text)",
    "CREATE TABLE system_schema.scylla_tables (keyspace_name text, table_name text, partitioner text, version uuid, PRIMARY KEY (keyspace_name, table_name))",
];

/// Adds the tables to those that every node has.
pub(crate) fn install(engine: &Engine) -> Result<(), QueryError> {
    engine.schema.update(|catalog| {
        for cql in TABLES {
            if let Statement::CreateTable(create) = parse(cql)?.statement {
                let table = Table::define(KEYSPACE, &create, &UserTypes::new())?;
                engine.storage.add_table(table.id);
                catalog.add_table(table);
            }
        }
        Ok::<_, QueryError>(Some(()))
    })?;
    Ok(())
}

pub(crate) fn keyspaces_table(
    table: &Table,
    catalog: &Catalog,
    tablets: Option<Tablets>,
) -> TableData {
    let mut rows = Rows::new(table);
    let keyspaces = catalog.keyspaces.values().filter(|keyspace| !keyspace.is_virtual);
    for keyspace in keyspaces {
        let mut row = vec![("keyspace_name", text(&keyspace.name))];
        let has_any = Tablets::are_for(&keyspace.replication.strategy());
        if let Some(tablets) = tablets.filter(|_| has_any) {
            let count = i32::try_from(tablets.count()).unwrap_or(i32::MAX);
            row.push(("initial_tablets", int(count)));
        }
        rows.push(&row);
    }
    rows.finish()
}

pub(crate) fn tables_table(table: &Table, catalog: &Catalog) -> TableData {
    let mut rows = Rows::new(table);
    let keyspaces = catalog.keyspaces.values().filter(|keyspace| !keyspace.is_virtual);
    for shown in keyspaces.flat_map(|keyspace| keyspace.tables.values()) {
        rows.push(&[("keyspace_name", text(&shown.keyspace)), ("table_name", text(&shown.name))]);
    }
    rows.finish()
}

//! The system tables: what a node tells about itself, its peers and the schema.

mod computed_tables;
mod definitions;
mod node_tables;
mod rows;
mod schema_tables;
mod topology_tables;

pub(crate) use computed_tables::ComputedTables;
pub(crate) use node_tables::NodeTables;

use self::definitions::DEFINITIONS;
use crate::cql::{ast::Statement, parse};
use crate::engine::Engine;
use crate::query_error::QueryError;
use crate::schema::{Keyspace, Replication, Table, UserTypes};

/// Makes the keyspaces and tables that every node has.
pub(crate) fn install(engine: &Engine) -> Result<(), QueryError> {
    engine.schema.update(|catalog| {
        for definition in &DEFINITIONS {
            let replication = match definition.keyspace {
                "system_traces" => Replication::simple(2),
                _ => Replication::local(),
            };
            catalog.add_keyspace(Keyspace {
                is_virtual: definition.is_virtual,
                ..Keyspace::new(definition.keyspace, replication)
            });
            for cql in definition.tables {
                if let Statement::CreateTable(create) = parse(cql)?.statement {
                    let table = Table::define(definition.keyspace, &create, &UserTypes::new())?;
                    engine.storage.add_table(table.id);
                    catalog.add_table(table);
                }
            }
        }
        Ok::<_, QueryError>(Some(()))
    })?;
    Ok(())
}

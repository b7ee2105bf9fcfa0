//! The system tables: what a node tells about itself, its peers and the schema.

mod clients_table;
mod computed_tables;
mod definitions;
mod node_tables;
mod prepared_table;
pub(crate) mod rows;
mod schema_tables;
mod topology_tables;

pub(crate) use computed_tables::ComputedTables;
pub(crate) use node_tables::NodeTables;

use crate::engine::Engine;
use crate::query_error::QueryError;

/// Makes the keyspaces and tables that every node has.
pub(crate) fn install(engine: &Engine) -> Result<(), QueryError> {
    let own = definitions::catalog()?;
    engine.schema.update(|catalog| {
        for (name, keyspace) in &own.keyspaces {
            for table in keyspace.tables.values() {
                engine.storage.add_table(table.id);
            }
            catalog.keyspaces.insert(name.clone(), keyspace.clone());
        }
        Ok::<_, QueryError>(Some(()))
    })?;
    Ok(())
}

//! The keyspaces that every node of Cassandra 5.0 has.

use std::sync::{Arc, LazyLock};

use md5::{Digest, Md5};
use uuid::{Builder, Uuid};

use crate::cql::{ast::Statement, parse};
use crate::query_error::QueryError;
use crate::schema::{Catalog, Keyspace, Replication, Schema, Table, UserTypes};

/// A keyspace of the server's own.
struct Definition {
    keyspace: &'static str,
    replicas: Replicas,
    /// A statement on each line. Options that are not named are as they are in any other table.
    tables: &'static str,
}

enum Replicas {
    /// Each node has its own rows.
    Local,
    /// Each node computes its own rows.
    Virtual,
    Simple(u32),
}

const DEFINITIONS: [Definition; 7] = [
    Definition {
        keyspace: "system",
        replicas: Replicas::Local,
        tables: include_str!("definitions/system.cql"),
    },
    Definition {
        keyspace: "system_auth",
        replicas: Replicas::Simple(1),
        tables: include_str!("definitions/system_auth.cql"),
    },
    Definition {
        keyspace: "system_distributed",
        replicas: Replicas::Simple(3),
        tables: include_str!("definitions/system_distributed.cql"),
    },
    Definition {
        keyspace: "system_schema",
        replicas: Replicas::Local,
        tables: include_str!("definitions/system_schema.cql"),
    },
    Definition {
        keyspace: "system_traces",
        replicas: Replicas::Simple(2),
        tables: include_str!("definitions/system_traces.cql"),
    },
    Definition {
        keyspace: "system_views",
        replicas: Replicas::Virtual,
        tables: include_str!("definitions/system_views.cql"),
    },
    Definition {
        keyspace: "system_virtual_schema",
        replicas: Replicas::Virtual,
        tables: include_str!("definitions/system_virtual_schema.cql"),
    },
];

/// A schema of nothing but these keyspaces. All clusters of a process share it.
pub(super) fn catalog() -> Result<Arc<Catalog>, QueryError> {
    static CATALOG: LazyLock<Result<Arc<Catalog>, QueryError>> = LazyLock::new(|| {
        let schema = Schema::new();
        schema.update(|catalog| {
            DEFINITIONS.iter().try_for_each(|definition| definition.add_to(catalog)).map(Some)
        })?;
        Ok(schema.snapshot())
    });
    CATALOG.clone()
}

impl Definition {
    fn add_to(&self, catalog: &mut Catalog) -> Result<(), QueryError> {
        let replication = match self.replicas {
            Replicas::Local | Replicas::Virtual => Replication::local(),
            Replicas::Simple(factor) => Replication::simple(factor),
        };
        catalog.add_keyspace(Keyspace {
            is_virtual: matches!(self.replicas, Replicas::Virtual),
            ..Keyspace::new(self.keyspace, replication)
        });
        for cql in self.tables.lines() {
            if let Statement::CreateTable(create) = parse(cql)?.statement {
                let mut table = Table::define(self.keyspace, &create, &UserTypes::new())?;
                table.id = id(self.keyspace, &table.name);
                catalog.add_table(table);
            }
        }
        Ok(())
    }
}

/// The id that a system table has on every node: the UUID of its name, as Java makes them.
fn id(keyspace: &str, table: &str) -> Uuid {
    let digest = Md5::new().chain_update(keyspace).chain_update(table).finalize();
    Builder::from_md5_bytes(digest.into()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_ids_that_they_have_in_cassandra() {
        let catalog = catalog().unwrap();
        let local = catalog.table("system", "local").unwrap();
        assert_eq!(local.id.to_string(), "7ad54392-bcdd-35a6-8417-4e047860b377");
    }
}

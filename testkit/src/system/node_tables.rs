//! The tables of one node that are computed when they are read.

use super::{schema_tables, topology_tables};
use crate::cluster::{ClusterState, Member};
use crate::engine::VirtualTables;
use crate::schema::Table;
use crate::storage::TableData;

#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeTables<'a> {
    pub(crate) cluster: &'a ClusterState,
    pub(crate) member: &'a Member,
}

impl VirtualTables for NodeTables<'_> {
    fn data(&self, table: &Table) -> Option<TableData> {
        if !table.keyspace.starts_with("system") {
            return None;
        }
        let Self { cluster, member } = *self;
        let catalog = cluster.engine.schema.snapshot();
        Some(match (&*table.keyspace, &*table.name) {
            ("system", "local") => topology_tables::local(table, cluster, member, catalog.version),
            ("system", "peers" | "peers_v2") => {
                topology_tables::peers(table, cluster, member, catalog.version)
            }
            ("system_schema", "keyspaces") => {
                schema_tables::keyspaces_table(table, &catalog, false)
            }
            ("system_schema", "tables") => schema_tables::tables_table(table, &catalog, false),
            ("system_schema", "columns") => schema_tables::columns_table(table, &catalog, false),
            ("system_virtual_schema", "keyspaces") => {
                schema_tables::keyspaces_table(table, &catalog, true)
            }
            ("system_virtual_schema", "tables") => {
                schema_tables::tables_table(table, &catalog, true)
            }
            ("system_virtual_schema", "columns") => {
                schema_tables::columns_table(table, &catalog, true)
            }
            _ => return None,
        })
    }
}

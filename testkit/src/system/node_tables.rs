//! The tables of one node that are computed when they are read.

use std::sync::Arc;

use super::computed_tables::Source;
use super::{clients_table, prepared_table, schema_tables, topology_tables};
use crate::cluster::{ClusterState, Member};
use crate::describe::ClusterDescription;
use crate::engine::VirtualTables;
use crate::schema::{Catalog, Table};
use crate::scylla;
use crate::storage::TableData;

#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeTables<'a> {
    pub(crate) cluster: &'a ClusterState,
    pub(crate) member: &'a Member,
}

type Compute = fn(&Table, &Catalog, bool) -> TableData;

impl VirtualTables for NodeTables<'_> {
    fn data(&self, table: &Table) -> Option<Arc<TableData>> {
        if !table.keyspace.starts_with("system") {
            return None;
        }
        let cluster = self.cluster;
        let catalog = cluster.engine.schema.snapshot();
        let is_virtual = match &*table.keyspace {
            "system" => return self.about_nodes(table, &catalog),
            "system_views" => return self.view(table),
            "system_schema" => false,
            "system_virtual_schema" => true,
            _ => return None,
        };
        if let Some(data) = self.about_scylla(table, &catalog) {
            return Some(data);
        }
        let compute: Compute = match &*table.name {
            "keyspaces" => schema_tables::keyspaces_table,
            "tables" => schema_tables::tables_table,
            "columns" => schema_tables::columns_table,
            "views" => schema_tables::views_table,
            "dropped_columns" => schema_tables::dropped_columns_table,
            "types" => schema_tables::types_table,
            "indexes" => schema_tables::indexes_table,
            "functions" => schema_tables::functions_table,
            "aggregates" => schema_tables::aggregates_table,
            _ => return None,
        };
        let source = Source { table: table.id, schema_version: catalog.version, view: None };
        Some(cluster.computed.get_or_compute(source, || compute(table, &catalog, is_virtual)))
    }

    fn truncate(&self, table: &Table) -> bool {
        if (&*table.keyspace, &*table.name) != ("system", "prepared_statements") {
            return false;
        }
        self.cluster.topology().members.iter().for_each(|member| member.prepared.truncate_list());
        true
    }

    fn cluster(&self, keyspace: Option<&str>) -> ClusterDescription {
        ClusterDescription {
            name: self.cluster.settings.name.clone(),
            ownership: keyspace.map_or_else(Vec::new, |keyspace| self.ownership(keyspace)),
        }
    }
}

impl NodeTables<'_> {
    /// Who holds the ranges of a keyspace.
    fn ownership(&self, keyspace: &str) -> Vec<(String, Vec<String>)> {
        let catalog = self.cluster.engine.schema.snapshot();
        let Some(keyspace) = catalog.keyspace(keyspace) else {
            return Vec::new();
        };
        let strategy = keyspace.replication.strategy();
        let topology = self.cluster.topology();
        let tokens = topology.members.iter().flat_map(|member| member.tokens().to_vec());
        let nodes = |token| {
            let replicas = topology.placement.replicas(token, &strategy).into_iter();
            let members = replicas.filter_map(|node| topology.members.get(node));
            members.map(|member| format!("/{}:{}", member.address.ip(), member.storage_port))
        };
        tokens.map(|token| (token.to_string(), nodes(token).collect())).collect()
    }

    /// What only ScyllaDB has.
    fn about_scylla(&self, table: &Table, catalog: &Catalog) -> Option<Arc<TableData>> {
        let settings = self.cluster.settings.scylla?;
        let compute = || match &*table.name {
            "scylla_keyspaces" => {
                Some(scylla::keyspaces_table(table, catalog, settings.tablet_routing()))
            }
            "scylla_tables" => Some(scylla::tables_table(table, catalog)),
            _ => None,
        };
        compute().map(Arc::new)
    }

    fn view(&self, table: &Table) -> Option<Arc<TableData>> {
        let Self { cluster, member } = *self;
        (&*table.name == "clients")
            .then(|| Arc::new(clients_table::clients(table, cluster, member)))
    }

    fn about_nodes(&self, table: &Table, catalog: &Catalog) -> Option<Arc<TableData>> {
        let Self { cluster, member } = *self;
        let schema_version = catalog.version;
        match &*table.name {
            "local" => {
                Some(Arc::new(topology_tables::local(table, cluster, member, schema_version)))
            }
            "prepared_statements" => {
                Some(Arc::new(prepared_table::prepared_statements(table, cluster, member)))
            }
            "peers" | "peers_v2" => {
                let topology = cluster.topology();
                let view = Some((member.host_id, topology.version));
                let source = Source { table: table.id, schema_version, view };
                Some(cluster.computed.get_or_compute(source, || {
                    topology_tables::peers(table, &topology, member, schema_version)
                }))
            }
            _ => None,
        }
    }
}

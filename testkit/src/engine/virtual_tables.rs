//! Tables whose rows a node computes when they are read.

use std::sync::Arc;

use super::planner::not_modifiable;
use crate::describe::ClusterDescription;
use crate::query_error::QueryError;
use crate::schema::Table;
use crate::storage::{Mutation, TableData};

/// A node's computed tables, and what else only a node can tell.
pub(crate) trait VirtualTables {
    /// The rows of `table`; `None` if it is a table like any other.
    fn data(&self, table: &Table) -> Option<Arc<TableData>>;

    /// Empties `table` on all nodes; `false` if it is a table like any other.
    fn truncate(&self, _table: &Table) -> bool {
        false
    }

    /// Keeps what is written to a table of the node's own.
    fn write(&self, table: &Table, _mutations: Vec<Mutation>) -> Result<(), QueryError> {
        Err(not_modifiable(&table.keyspace))
    }

    /// What DESCRIBE CLUSTER tells of who holds this keyspace, if one is in use.
    fn cluster(&self, keyspace: Option<&str>) -> ClusterDescription;
}

/// Where there is no node to compute any.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoVirtualTables;

impl VirtualTables for NoVirtualTables {
    fn data(&self, _: &Table) -> Option<Arc<TableData>> {
        None
    }

    fn cluster(&self, _: Option<&str>) -> ClusterDescription {
        ClusterDescription { name: String::new(), ownership: Vec::new() }
    }
}

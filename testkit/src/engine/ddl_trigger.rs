//! Triggers, which are classes of Java: there are none, so that none can be made and none dropped.

use super::Engine;
use super::ddl::{Changes, check_keyspace};
use super::own_keyspaces::check_not_local;
use super::planner::keyspace_of;
use crate::cql::ast::{CreateTrigger, DropTrigger};
use crate::query_error::QueryError;

impl Engine {
    pub(super) fn create_trigger(&self, create: &CreateTrigger, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&create.table, keyspace)?;
        check_not_local(keyspace)?;
        let table = &create.table.table;
        let catalog = self.schema.snapshot();
        check_keyspace(&catalog, keyspace)?;
        if catalog.table(keyspace, table).is_none() {
            return Err(QueryError::Invalid(format!("Table '{table}' doesn't exist")));
        }
        Err(QueryError::Invalid(format!("Trigger class '{}' couldn't be loaded", create.class)))
    }

    pub(super) fn drop_trigger(&self, dropped: &DropTrigger, keyspace: Option<&str>) -> Changes {
        let keyspace = keyspace_of(&dropped.table, keyspace)?;
        check_not_local(keyspace)?;
        if dropped.if_exists {
            return Ok(Vec::new());
        }
        Err(QueryError::Invalid(format!(
            "Trigger '{}' on '{keyspace}.{}' doesn't exist",
            dropped.name, dropped.table.table
        )))
    }
}

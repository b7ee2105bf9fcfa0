//! `system.prepared_statements`.

use super::rows::{Rows, text};
use crate::cluster::{ClusterState, Member};
use crate::schema::Table;
use crate::storage::TableData;

pub(super) fn prepared_statements(
    table: &Table,
    cluster: &ClusterState,
    member: &Member,
) -> TableData {
    let mut rows = Rows::new(table);
    for (id, statement) in member.prepared.listed() {
        // The others are forgotten when they are asked for.
        if !cluster.engine.is_current(&statement.planned) {
            continue;
        }
        let mut row = vec![("prepared_id", id.to_vec()), ("query_string", text(&statement.cql))];
        row.extend(statement.keyspace.as_deref().map(|name| ("logged_keyspace", text(name))));
        rows.push(&row);
    }
    rows.finish()
}

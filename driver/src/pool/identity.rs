use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::{Consistency, Query, QueryParameters, Request, Response};
use tokio::time::Instant;

use crate::connection::{ConnectError, Connection, Term};

const CLUSTER_NAME: &str = "SELECT cluster_name FROM system.local WHERE key='local'";

/// The name of the cluster that a node is of; `None` where it does not say within `limit`.
pub(crate) async fn cluster_name(connection: &Arc<Connection>, limit: Duration) -> Option<String> {
    let parameters = QueryParameters::new(Consistency::One);
    let request = Request::Query(Query { cql: CLUSTER_NAME, parameters });
    let now = Instant::now();
    let term = Term { sent: now, deadline: now + limit };
    let sent = connection.send_own(&request, term).ok()?;
    let Response::Rows(rows) = sent.decoded().await.ok()?.response else { return None };
    let (name,) = rows.typed(rows.metadata.columns.as_deref()?).ok()?.next()?.ok()?;
    Some(name)
}

/// Makes sure that a node is one of the session's cluster: an address may have gone to another one. A node that does not
/// say is taken at its neighbours' word.
pub(super) async fn check(
    connection: &Arc<Connection>,
    expected: &str,
    limit: Duration,
) -> Result<(), ConnectError> {
    match cluster_name(connection, limit).await {
        Some(found) if found != expected => {
            Err(ConnectError::OtherCluster { expected: expected.to_owned(), found })
        }
        _ => Ok(()),
    }
}

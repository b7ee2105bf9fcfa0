use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::future::join_all;
use tokio::sync::oneshot;

use super::Worker;
use crate::RequestErrorKind;
use crate::cluster::{ClusterConfig, ClusterSnapshot};
use crate::connection::Connection;
use crate::pool::switch;

impl Worker {
    /// Has the session switch to another keyspace, whether or not the one who asked goes on waiting.
    pub(super) fn use_keyspace(
        &mut self,
        cql: String,
        reply: oneshot::Sender<Result<SocketAddr, RequestErrorKind>>,
    ) {
        while self.switches.try_join_next().is_some() {}
        let connection = Arc::clone(&self.control.tables.connection);
        let (config, snapshot) = (Arc::clone(&self.config), self.snapshot());
        self.switches.spawn(async move {
            let switched = switch_keyspace(&connection, &cql, &config, &snapshot).await;
            // Whoever asked may have gone.
            let _ = reply.send(switched);
        });
    }
}

/// Switches the session by a statement USE, which the node behind `connection` must take first. Returns that node once all
/// connections have followed.
///
/// No request goes over the control connection, so a USE that is refused or never answered leaves none in another keyspace.
async fn switch_keyspace(
    connection: &Arc<Connection>,
    cql: &str,
    config: &ClusterConfig,
    snapshot: &ArcSwap<ClusterSnapshot>,
) -> Result<SocketAddr, RequestErrorKind> {
    let keyspace = switch(connection, cql, config.metadata_timeout).await?;
    let switches = config.pools.use_keyspace(&keyspace);
    config.statements.forget_all();
    let snapshot = snapshot.load_full();
    join_all(snapshot.pools().iter().map(|pool| pool.switched(switches))).await;
    // What was prepared meanwhile may have been prepared in either.
    config.statements.forget_all();
    tracing::info!(keyspace, "the session uses another keyspace");
    Ok(connection.address())
}

use std::net::SocketAddr;

use helenus::{Consistency, NodeMetrics, Session};
use helenus_testkit::cassandra::{Cluster, Error, Node};
use tokio::task::spawn_blocking;

use crate::behaviours::{Outcome, keyspace};
use crate::load::{Load, until};
use crate::server::{SHUTDOWN, Server};

/// A node joins and leaves again, and another one comes back on a new address, while requests go on.
pub(crate) async fn nodes_that_join_leave_and_come_back_elsewhere_fail_no_idempotent_request(
    server: Server,
) -> Outcome {
    let session = server.builder().consistency(Consistency::One).build().await?;
    keyspace(&session, "membership", 2).await?;
    let cluster = server.processes()?;
    let before = cluster.nodes().len();
    let mut load = Load::start(&session, "membership").await?;
    load.goes_on(1000).await?;

    let (cluster, added) = changed(cluster, |cluster| cluster.add_node("dc1", "rack1")).await?;
    until("the new node is asked", || {
        seen(&session, added.address()).is_some_and(|node| node.is_up && node.requests > 100)
    })
    .await?;
    assert_eq!(session.metrics().nodes.len(), before + 1);
    load.goes_on(1000).await?;

    let left = added.clone();
    let (cluster, ()) = changed(cluster, move |cluster| cluster.decommission(&left)).await?;
    until("the node is forgotten", || seen(&session, added.address()).is_none()).await?;
    assert_eq!(session.metrics().nodes.len(), before);
    load.goes_on(1000).await?;

    let moved = cluster.nodes()[before - 1].clone();
    let host_id = seen(&session, moved.address()).ok_or("an unknown node")?.host_id;
    let (cluster, elsewhere) = readdressed(cluster, moved.clone()).await?;
    until("the node is asked at its new address", || {
        seen(&session, elsewhere.address())
            .is_some_and(|node| node.host_id == host_id && node.is_up && node.requests > 100)
    })
    .await?;
    until("its old address is forgotten", || seen(&session, moved.address()).is_none()).await?;
    assert_eq!(session.metrics().nodes.len(), before);
    load.goes_on(1000).await?;
    load.stop().await?;
    drop(cluster);
    session.query("DROP KEYSPACE membership", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// What the session knows of the node on this address.
fn seen(session: &Session, address: SocketAddr) -> Option<NodeMetrics> {
    session.metrics().nodes.into_iter().find(|node| node.address == address)
}

async fn changed<T: Send + 'static>(
    mut cluster: Cluster,
    change: impl FnOnce(&mut Cluster) -> Result<T, Error> + Send + 'static,
) -> Outcome<(Cluster, T)> {
    let changed = spawn_blocking(move || change(&mut cluster).map(|changed| (cluster, changed)));
    Ok(changed.await??)
}

async fn readdressed(cluster: Cluster, node: Node) -> Outcome<(Cluster, Node)> {
    changed(cluster, move |cluster| {
        node.terminate()?;
        cluster.readdress(&node)
    })
    .await
}

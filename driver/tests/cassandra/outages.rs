use std::time::{Duration, Instant};

use helenus::{CloseReason, RequestErrorKind, Session, SessionEvent};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::behaviours::Outcome;
use crate::crash::all_up;
use crate::load::until;
use crate::server::{SHUTDOWN, Server};

/// Nothing can be opened until the whole cluster is there again.
pub(crate) async fn a_cluster_that_was_away_is_found_again(server: Server) -> Outcome {
    let session = server.session().await?;
    let cluster = server.processes()?;
    for node in cluster.nodes() {
        let node = node.clone();
        spawn_blocking(move || node.kill()).await??;
    }
    until("all are down", || session.metrics().nodes.iter().all(|node| !node.is_up)).await?;
    let failed = session.query("SELECT key FROM system.local", ()).await.unwrap_err();
    assert!(matches!(failed.kind(), RequestErrorKind::NoNode), "{failed}");
    let failures = |session: &Session| session.metrics().pools.connect_failures;
    let before = failures(&session);
    until("there are attempts to connect", || failures(&session) >= before + 5).await?;
    for node in cluster.nodes() {
        let node = node.clone();
        spawn_blocking(move || node.start()).await??;
    }
    all_up(&session).await?;
    session.query("SELECT key FROM system.local", ()).await?;
    spawn_blocking(move || cluster.await_agreement()).await??;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// Only its heartbeats find that out.
pub(crate) async fn idle_connections_to_a_stopped_node_are_closed_in_time(
    server: Server,
) -> Outcome {
    const INTERVAL: Duration = Duration::from_secs(1);
    const TIMEOUT: Duration = Duration::from_secs(2);
    let session = server
        .builder()
        .connection(|connection| {
            connection.heartbeat_interval = INTERVAL;
            connection.heartbeat_timeout = TIMEOUT;
        })
        .build()
        .await?;
    all_up(&session).await?;
    let mut events = session.events();
    let cluster = server.processes()?;
    let node = cluster.nodes()[1].clone();
    let address = node.address();
    let of_node = |session: &Session| {
        session.metrics().nodes.into_iter().find(|node| node.address == address)
    };
    let open = of_node(&session).map_or(0, |node| node.connections);
    assert!(open > 0, "the node is there, and has connections");
    spawn_blocking(move || node.pause()).await??;
    let stopped = Instant::now();
    let mut closed = Vec::new();
    while closed.len() < open {
        let event = timeout(Duration::from_secs(20), events.next()).await?;
        if let Some(SessionEvent::Closed { node, reason }) = event
            && node == address
        {
            closed.push((reason, stopped.elapsed()));
        }
    }
    let node = cluster.nodes()[1].clone();
    spawn_blocking(move || node.resume()).await??;
    // A second for a machine that is busy with something else.
    let latest = INTERVAL + TIMEOUT + Duration::from_secs(1);
    for (reason, after) in &closed {
        assert!(matches!(reason, CloseReason::HeartbeatTimeout { .. }), "{reason}");
        assert!(*after <= latest, "{closed:?}");
    }
    all_up(&session).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

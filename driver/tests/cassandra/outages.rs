use std::time::{Duration, Instant};

use helenus::{RequestErrorKind, Session};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::behaviours::Outcome;
use crate::crash::all_up;
use crate::server::{SHUTDOWN, Server};

/// Nothing can be opened until the whole cluster is there again.
pub(crate) async fn a_cluster_that_was_away_is_found_again(server: Server) -> Outcome {
    let session = server.session().await?;
    let cluster = server.processes()?;
    for node in cluster.nodes() {
        let node = node.clone();
        spawn_blocking(move || node.kill()).await??;
    }
    let waited = Instant::now();
    while session.metrics().nodes.iter().any(|node| node.is_up) {
        assert!(waited.elapsed() < Duration::from_secs(20), "a node that was killed is up");
        sleep(Duration::from_millis(20)).await;
    }
    let failed = session.query("SELECT key FROM system.local", ()).await.unwrap_err();
    assert!(matches!(failed.kind(), RequestErrorKind::NoNode), "{failed}");
    let failures = |session: &Session| session.metrics().pools.connect_failures;
    let before = failures(&session);
    while failures(&session) < before + 5 {
        assert!(waited.elapsed() < Duration::from_secs(30), "nobody tries to connect");
        sleep(Duration::from_millis(20)).await;
    }
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

use std::time::Duration;

use helenus::{Consistency, Session, SessionEvent, Token};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::behaviours::{self, Outcome, keyspace};
use crate::load::{Load, until};
use crate::server::{SHUTDOWN, Server};

pub(crate) async fn every_stream_gets_its_own_answer(server: Server) -> Outcome {
    let session = server.session().await?;
    keyspace(&session, "streams", server.copies()).await?;
    let cluster = server.processes()?;
    let node = cluster.nodes().last().ok_or("the cluster has no node")?;
    behaviours::every_stream_gets_its_own_answer(
        server.builder(),
        "streams",
        node.address(),
        || node.pause().expect("the node can be paused"),
        || node.resume().expect("the node can be resumed"),
    )
    .await?;
    session.query("DROP KEYSPACE streams", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// Nodes that are stopped in order refuse requests before they close their connections.
pub(crate) async fn nodes_restarted_one_by_one_fail_no_idempotent_request(
    server: Server,
) -> Outcome {
    let session = server.builder().consistency(Consistency::One).build().await?;
    keyspace(&session, "restarts", 2).await?;
    session.query("CREATE TABLE restarts.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO restarts.t (k) VALUES (?)").await?;
    for k in 0..60 {
        session.execute(&insert, (k,)).await?;
    }
    let before = session.metrics().reprepared;
    assert!(before >= 1, "nodes learn a statement when it is first run there");
    // A node remembers across restarts what it prepared; a change of the table makes all of them forget it.
    session.query("ALTER TABLE restarts.t ADD v int", ()).await?;
    let mut load = Load::start(&session, "restarts").await?;
    load.goes_on(1000).await?;
    for node in server.processes()?.nodes() {
        let node = node.clone();
        spawn_blocking(move || node.restart()).await??;
        all_up(&session).await?;
        load.goes_on(1000).await?;
        let cluster = server.processes()?;
        spawn_blocking(move || cluster.await_agreement()).await??;
    }
    load.stop().await?;
    for k in 0..60 {
        session.execute(&insert, (k,)).await?;
    }
    assert!(session.metrics().reprepared > before);
    session.query("DROP KEYSPACE restarts", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

pub(crate) async fn a_node_killed_under_load_fails_no_idempotent_request(
    server: Server,
) -> Outcome {
    let session = server.builder().consistency(Consistency::One).build().await?;
    keyspace(&session, "crash", 2).await?;
    let mut load = Load::start(&session, "crash").await?;
    let cluster = server.processes()?;
    load.goes_on(2000).await?;
    let node = cluster.nodes()[1].clone();
    spawn_blocking(move || node.kill()).await??;
    load.goes_on(4000).await?;
    let node = cluster.nodes()[1].clone();
    spawn_blocking(move || node.start()).await??;
    all_up(&session).await?;
    load.goes_on(2000).await?;
    load.stop().await?;
    spawn_blocking(move || cluster.await_agreement()).await??;
    session.query("DROP KEYSPACE crash", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// The node that the session watches the cluster through is killed under load.
pub(crate) async fn the_control_connection_moves_when_its_node_dies_and_nothing_is_lost(
    server: Server,
) -> Outcome {
    let cluster = server.processes()?;
    let node = cluster.nodes()[0].clone();
    let builder = server.builder_at(&[node.address().to_string()]);
    let session = builder.consistency(Consistency::One).build().await?;
    let mut events = session.events();
    keyspace(&session, "control", 2).await?;
    let mut load = Load::start(&session, "control").await?;
    load.goes_on(1000).await?;
    let killed = node.clone();
    spawn_blocking(move || killed.kill()).await??;
    let moved = async {
        while let Some(event) = events.next().await {
            if let SessionEvent::ControlMoved { node: to } = event {
                return Ok(to);
            }
        }
        Err("the session is over")
    };
    let to = timeout(Duration::from_secs(60), moved).await??;
    assert_ne!(to, node.address());
    // What changes is heard of over the other node.
    let other = server.builder_at(&[to.to_string()]).build().await?;
    keyspace(&other, "control_moved", 1).await?;
    until("the new keyspace is known", || session.replicas("control_moved", Token(0)).len() == 1)
        .await?;
    load.goes_on(1000).await?;
    spawn_blocking(move || node.start()).await??;
    all_up(&session).await?;
    load.goes_on(1000).await?;
    load.stop().await?;
    spawn_blocking(move || cluster.await_agreement()).await??;
    for keyspace in ["control", "control_moved"] {
        session.query(format!("DROP KEYSPACE {keyspace}"), ()).await?;
    }
    other.shutdown(SHUTDOWN).await;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

pub(crate) async fn all_up(session: &Session) -> Outcome {
    until("all nodes are up", || session.metrics().nodes.iter().all(|node| node.is_up)).await
}

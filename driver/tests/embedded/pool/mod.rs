//! What a session makes of its connections.

mod admission;
mod heartbeats;
mod keyspaces;
mod life;
mod limits;
mod reconnection;
mod scaling;
mod sizes;
mod sockets;
mod warm_up;

use std::time::Duration;

use helenus::{PoolConfig, PreparedStatement, Session};
use helenus_testkit::{ClientConnection, EmbeddedCluster};
use tokio::task::JoinHandle;

use crate::behaviours::{Outcome, keyspace};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A pool of so many connections to each local node, otherwise as `change` has it.
fn pool(connections: usize, change: impl FnOnce(&mut PoolConfig)) -> PoolConfig {
    let mut config = PoolConfig::fixed(connections);
    change(&mut config);
    config
}

/// A table with a copy on every node, and an idempotent write to it.
async fn insert(session: &Session) -> Result<PreparedStatement, Failure> {
    keyspace(session, "ks", session.metrics().nodes.len()).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    Ok(session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true))
}

/// Writes that run at the same time.
fn writes(session: &Session, insert: &PreparedStatement, count: i32) -> Vec<JoinHandle<Outcome>> {
    let write = |k| {
        let (session, insert) = (session.clone(), insert.clone());
        tokio::spawn(async move {
            session.execute(&insert, (k,)).await?;
            Ok(())
        })
    };
    (0..count).map(write).collect()
}

/// Waits for all of them, none of which may have failed.
async fn all(writes: Vec<JoinHandle<Outcome>>) -> Outcome {
    for write in writes {
        write.await??;
    }
    Ok(())
}

/// The open connections of each node's pool, in the order of the cluster's nodes.
fn connections(session: &Session, cluster: &EmbeddedCluster) -> Vec<usize> {
    let nodes = session.metrics().nodes;
    let of = |address| nodes.iter().find(|node| node.address == address);
    cluster
        .addresses()
        .into_iter()
        .map(|node| of(node).map_or(0, |node| node.connections))
        .collect()
}

/// The connections that the cluster sees, the control connection aside.
fn clients(cluster: &EmbeddedCluster) -> Vec<ClientConnection> {
    cluster.connections().into_iter().filter(|client| !client.hears_events).collect()
}

const SECOND: Duration = Duration::from_secs(1);

//! A node's door: every client gets a task, and all of them end with the node.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection;
use crate::cluster::{ClusterState, Member};

/// How long a node waits before it tries again to listen or to accept. It is mostly for want of file descriptors, which
/// takes a moment to pass.
const PAUSE: Duration = Duration::from_millis(10);

/// Accepts clients until `stop` fires or is dropped; then no connection is left.
pub(crate) async fn serve(
    listener: TcpListener,
    cluster: Arc<ClusterState>,
    member: Arc<Member>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut door = Some(listener);
    let mut connections = JoinSet::new();
    let mut pauses = member.pauses.subscribe();
    loop {
        if member.faults.close_door(member.connection_count()) {
            door = None;
        } else if door.is_none() {
            door = listen(member.address).await;
        }
        tokio::select! {
            _ = &mut stop => break,
            (stream, client) = accept(door.as_ref(), &member) => {
                if !member.faults.turn_away(member.connection_count()) {
                    let open = member.open_connection(cluster.next_connection(), client);
                    connections.spawn(connection::serve(stream, cluster.clone(), open));
                }
            }
            Some(_) = connections.join_next() => {}
            _ = pauses.changed() => {}
        }
    }
    drop(door);
    connections.shutdown().await;
}

/// Waits for a client: for ever, if nothing listens.
async fn accept(door: Option<&TcpListener>, member: &Member) -> (TcpStream, SocketAddr) {
    let Some(door) = door else { return pending().await };
    loop {
        match door.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(node = %member.address, %error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn listen(address: SocketAddr) -> Option<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Some(listener),
        Err(error) => {
            tracing::warn!(node = %address, %error, "a node cannot listen again");
            sleep(PAUSE).await;
            None
        }
    }
}

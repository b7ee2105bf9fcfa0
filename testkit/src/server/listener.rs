//! A node's listener: every client gets a task, and all of them end with the node.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::connection;
use super::door::Door;
use crate::cluster::{ClusterState, Member};

/// Accepts clients until `stop` fires or is dropped; then no connection is left.
pub(crate) async fn serve(
    listener: TcpListener,
    cluster: Arc<ClusterState>,
    member: Arc<Member>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut door = Door::new(listener, member.address);
    let mut connections = JoinSet::new();
    let mut pauses = member.pauses.subscribe();
    loop {
        if member.faults.close_door(member.connection_count()) {
            door.close();
        } else {
            door.open().await;
        }
        tokio::select! {
            _ = &mut stop => break,
            (stream, client) = door.accept() => {
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

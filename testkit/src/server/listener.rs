//! A node's door: every client gets a task, and all of them end with the node.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::connection;
use crate::cluster::{ClusterState, Member};

/// Accepts clients until `stop` fires or is dropped; then no connection is left.
pub(crate) async fn serve(
    listener: TcpListener,
    cluster: Arc<ClusterState>,
    member: Arc<Member>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(_) if member.faults.refuses_connection(member.connections()) => {}
                Ok((stream, client)) => {
                    let open = member.open_connection();
                    connections.spawn(connection::serve(stream, client, cluster.clone(), open));
                }
                Err(error) => {
                    tracing::warn!(node = %member.address, %error, "a connection could not be accepted");
                    // It is mostly for want of file descriptors, which takes a moment to pass.
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

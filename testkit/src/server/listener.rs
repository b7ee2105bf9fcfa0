//! A node's listeners: every client gets a task, and all of them end with the node.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::connection;
use super::door::Door;
use crate::cluster::{ClusterState, Entrance, Member, NodeListeners};

/// Accepts clients until `stop` fires or is dropped; then no connection is left.
pub(crate) async fn serve(
    listeners: NodeListeners,
    cluster: Arc<ClusterState>,
    member: Arc<Member>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut doors = Doors::new(listeners);
    let mut connections = JoinSet::new();
    let mut pauses = member.pauses.subscribe();
    loop {
        if member.faults.close_door(member.connection_count()) {
            doors.close();
        } else {
            doors.open().await;
        }
        tokio::select! {
            _ = &mut stop => break,
            (entrance, stream, client) = doors.accept() => {
                if !member.faults.turn_away(member.connection_count()) {
                    let id = cluster.next_connection();
                    let open = member.open_connection(id, client, entrance);
                    connections.spawn(connection::serve(stream, cluster.clone(), open));
                }
            }
            Some(_) = connections.join_next() => {}
            _ = pauses.changed() => {}
        }
    }
    drop(doors);
    connections.shutdown().await;
}

struct Doors {
    plain: Door,
    shard_aware: Option<Door>,
}

impl Doors {
    fn new(NodeListeners { address, plain, shard_aware }: NodeListeners) -> Self {
        let shard_aware = shard_aware.map(|listener| {
            let address = listener.local_addr().unwrap_or(address);
            Door::new(listener, address)
        });
        Self { plain: Door::new(plain, address), shard_aware }
    }

    fn close(&mut self) {
        self.plain.close();
        self.shard_aware.iter_mut().for_each(Door::close);
    }

    async fn open(&mut self) {
        self.plain.open().await;
        if let Some(door) = &mut self.shard_aware {
            door.open().await;
        }
    }

    async fn accept(&self) -> (Entrance, TcpStream, SocketAddr) {
        let shard_aware = async {
            match &self.shard_aware {
                Some(door) => door.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            (stream, client) = self.plain.accept() => (Entrance::Plain, stream, client),
            (stream, client) = shard_aware => (Entrance::ShardAware, stream, client),
        }
    }
}

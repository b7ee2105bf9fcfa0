//! A proxy's listener: every client gets a task, and all of them end with the proxy.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::connection;
use super::state::ProxyState;
use crate::server::Door;

/// Accepts clients until `stop` fires or is dropped; then no connection is left.
pub(super) async fn serve(
    listener: TcpListener,
    state: Arc<ProxyState>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut door = Door::new(listener, state.address);
    let mut connections = JoinSet::new();
    let mut changes = state.changes();
    loop {
        if state.faults.close_door(state.connection_count()) {
            door.close();
        } else {
            door.open().await;
        }
        tokio::select! {
            _ = &mut stop => break,
            (stream, client) = door.accept() => {
                if !state.faults.turn_away(state.connection_count()) {
                    connections.spawn(connection::serve(stream, state.open_connection(client)));
                }
            }
            Some(_) = connections.join_next() => {}
            _ = changes.changed() => {}
        }
    }
    drop(door);
    connections.shutdown().await;
}

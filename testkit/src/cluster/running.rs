//! The tasks of the nodes that run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{ClusterState, Member, NodeListeners};
use crate::server;

/// A task for each node, by its host id. Dropping this ends them.
#[derive(Debug, Default)]
pub(super) struct RunningNodes {
    nodes: Mutex<HashMap<Uuid, RunningNode>>,
}

#[derive(Debug)]
struct RunningNode {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl RunningNodes {
    pub(super) fn launch(
        &self,
        member: Arc<Member>,
        listeners: NodeListeners,
        state: Arc<ClusterState>,
    ) {
        let host_id = member.host_id;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server::serve(listeners, state, member, stopped));
        self.nodes().insert(host_id, RunningNode { stop: Some(stop), task });
    }

    pub(super) fn is_running(&self, host_id: Uuid) -> bool {
        self.nodes().contains_key(&host_id)
    }

    /// Ends a node and waits until it has.
    pub(super) async fn stop(&self, host_id: Uuid) {
        let node = self.nodes().remove(&host_id);
        if let Some(node) = node {
            node.stop().await;
        }
    }

    pub(super) async fn stop_all(&self) {
        let nodes: Vec<_> = self.nodes().drain().map(|(_, node)| node).collect();
        for node in nodes {
            node.stop().await;
        }
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<Uuid, RunningNode>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunningNode {
    async fn stop(mut self) {
        drop(self.stop.take());
        // The task has no panic to report but one that the test has seen already.
        let _ = (&mut self.task).await;
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

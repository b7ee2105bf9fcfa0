//! A cluster in this process.

mod addresses;
mod builder;
mod condition_not_met;
mod coordinated_statement;
mod datacenter;
mod error;
mod member;
mod node;
mod pauses;
mod report;
mod ring;
mod state;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use helenus_protocol::StatusChange;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use builder::EmbeddedClusterBuilder;
pub use condition_not_met::ConditionNotMet;
pub use coordinated_statement::{CoordinatedStatement, StatementKind};
pub use datacenter::Datacenter;
pub use error::ClusterError;
pub(crate) use member::{Member, OpenConnection};
pub use node::Node;
pub(crate) use pauses::Pauses;
pub use report::ClusterReport;
pub(crate) use state::{Announcement, ClusterState};

use crate::fault::{Fault, InjectedFault};
use crate::server;

/// How often a condition that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A cluster of nodes in this process, each on a loopback address of its own.
///
/// It stores what it is given and answers from that, in memory. It ends when it is dropped;
/// [`shutdown`](Self::shutdown)
/// also waits until it has.
///
/// ```
/// use helenus_testkit::EmbeddedCluster;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), helenus_testkit::ClusterError> {
/// let cluster = EmbeddedCluster::builder().datacenter("dc1", 2).datacenter("dc2", 1).start().await?;
/// assert_eq!(cluster.nodes().len(), 3);
/// assert_eq!(cluster.nodes()[2].datacenter(), "dc2");
/// cluster.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EmbeddedCluster {
    state: Arc<ClusterState>,
    nodes: Vec<Node>,
    /// The tasks of the nodes that run, by the node's index.
    running: Mutex<HashMap<usize, Running>>,
}

/// A node's task; dropping this ends it.
#[derive(Debug)]
struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(mut self) {
        drop(self.stop.take());
        // The task has no panic to report but one that the test has seen already.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EmbeddedCluster {
    /// Starts a cluster of this many nodes in one data center.
    ///
    /// # Errors
    /// As [`EmbeddedClusterBuilder::start`].
    pub async fn start(nodes: usize) -> Result<Self, ClusterError> {
        Self::builder().datacenter("datacenter1", nodes).start().await
    }

    /// Describes a cluster before it starts.
    pub fn builder() -> EmbeddedClusterBuilder {
        EmbeddedClusterBuilder::new()
    }

    fn run(state: Arc<ClusterState>, listeners: Vec<TcpListener>) -> Self {
        let nodes = state.members.iter().map(|member| Node { member: member.clone() }).collect();
        let cluster = Self { state, nodes, running: Mutex::default() };
        for (index, listener) in listeners.into_iter().enumerate() {
            cluster.launch(index, listener);
        }
        cluster
    }

    /// Starts a node's task on a listener that is bound already.
    fn launch(&self, index: usize, listener: TcpListener) {
        let member = self.state.members[index].clone();
        self.state.set_up(&member, true);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server::serve(listener, self.state.clone(), member, stopped));
        self.running().insert(index, Running { stop: Some(stop), task });
    }

    /// The nodes, stopped ones included, data center by data center.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The data center of this name.
    ///
    /// # Errors
    /// A data center that there is not.
    pub fn datacenter(&self, name: &str) -> Result<Datacenter, ClusterError> {
        let nodes: Vec<_> =
            self.nodes.iter().filter(|node| node.datacenter() == name).cloned().collect();
        if nodes.is_empty() {
            return Err(ClusterError::NoSuchDatacenter { name: name.to_owned() });
        }
        Ok(Datacenter { nodes })
    }

    /// Makes something go wrong on all nodes.
    pub fn inject(&self, fault: Fault) -> InjectedFault {
        InjectedFault::inject(fault, self.state.members.clone())
    }

    /// Where the nodes listen, as `address:port`.
    pub fn contact_points(&self) -> Vec<String> {
        self.addresses().iter().map(SocketAddr::to_string).collect()
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// Stops a node: it refuses connections, those it has are closed, and the other nodes report it down. Does
    /// nothing if it is stopped already.
    ///
    /// # Errors
    /// A node that there is not.
    pub async fn stop(&self, node: usize) -> Result<(), ClusterError> {
        let member = self.member(node)?;
        let running = self.running().remove(&node);
        if let Some(running) = running {
            running.stop().await;
        }
        if self.state.set_up(&member, false) {
            self.state.announce_status(&member, StatusChange::Down);
        }
        Ok(())
    }

    /// Starts a node that was stopped, on its old address. It has forgotten what was prepared; the other nodes report
    /// it up. Does nothing if it runs.
    ///
    /// # Errors
    /// A node that there is not, or an address that was taken in the meantime.
    pub async fn restart(&self, node: usize) -> Result<(), ClusterError> {
        let member = self.member(node)?;
        if member.is_up() {
            return Ok(());
        }
        let address = member.address;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| ClusterError::Bind { address, source })?;
        member.prepared.clear();
        member.freeze(false);
        self.launch(node, listener);
        self.state.announce_status(&member, StatusChange::Up);
        Ok(())
    }

    /// Freezes a node: its connections stay open, but it reads nothing and answers nothing.
    ///
    /// # Errors
    /// A node that there is not.
    pub fn freeze(&self, node: usize) -> Result<(), ClusterError> {
        self.member(node)?.freeze(true);
        Ok(())
    }

    /// Lets a frozen node go on with what it was sent in the meantime.
    ///
    /// # Errors
    /// A node that there is not.
    pub fn thaw(&self, node: usize) -> Result<(), ClusterError> {
        self.member(node)?.freeze(false);
        Ok(())
    }

    /// The latest statements that the nodes were asked to run, in the order in which they came: at most 10,000 of
    /// each node.
    pub fn statements(&self) -> Vec<CoordinatedStatement> {
        let mut statements: Vec<_> = self.nodes.iter().flat_map(Node::statements).collect();
        statements.sort_by_key(|statement| statement.at);
        statements
    }

    /// Forgets the statements so far, on all nodes.
    pub fn forget_statements(&self) {
        self.nodes.iter().for_each(Node::forget_statements);
    }

    /// What the nodes have seen so far, to be printed.
    pub fn report(&self) -> ClusterReport {
        ClusterReport::of(self)
    }

    /// Waits until `condition` holds, for as long as `bound` at most.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use helenus_testkit::EmbeddedCluster;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cluster = EmbeddedCluster::start(3).await?;
    /// let bound = Duration::from_secs(5);
    /// cluster.wait_until(bound, |cluster| cluster.nodes()[1].connections() == 0).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A condition that still does not hold then; the error prints what was seen.
    pub async fn wait_until(
        &self,
        bound: Duration,
        mut condition: impl FnMut(&Self) -> bool,
    ) -> Result<(), ConditionNotMet> {
        let start = Instant::now();
        while !condition(self) {
            let waited = start.elapsed();
            if waited >= bound {
                return Err(ConditionNotMet { waited, seen: self.report() });
            }
            tokio::time::sleep(LOOK_EVERY.min(bound)).await;
        }
        Ok(())
    }

    /// Stops all nodes and waits until none of their tasks is left.
    pub async fn shutdown(self) {
        let running: Vec<_> = self.running().drain().map(|(_, running)| running).collect();
        for node in running {
            node.stop().await;
        }
    }

    fn member(&self, index: usize) -> Result<Arc<Member>, ClusterError> {
        let count = self.nodes.len();
        self.state.members.get(index).cloned().ok_or(ClusterError::NoSuchNode { index, count })
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

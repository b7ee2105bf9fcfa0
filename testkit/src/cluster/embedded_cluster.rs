//! The cluster as a test holds it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use helenus_protocol::Event;

use super::addresses::Addresses;
use super::ring::Ring;
use super::running::RunningNodes;
use super::{
    Announcement, ClusterError, ClusterState, Datacenter, EmbeddedClusterBuilder, Member, Node,
    NodeListeners,
};
use crate::fault::{Fault, InjectedFault};
use crate::persistence::RestoredData;

/// A cluster of nodes in this process, each on a loopback address of its own.
///
/// It stores what it is given and answers from that, in memory. It ends when it is dropped;
/// [`shutdown`](Self::shutdown) also waits until it has.
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
    pub(super) state: Arc<ClusterState>,
    pub(super) running: RunningNodes,
    pub(super) addresses: Addresses,
    pub(super) ring: Mutex<Ring>,
    restored: Option<RestoredData>,
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

    pub(super) fn run(
        state: Arc<ClusterState>,
        addresses: Addresses,
        ring: Ring,
        listeners: Vec<NodeListeners>,
        restored: Option<RestoredData>,
    ) -> Self {
        let ring = Mutex::new(ring);
        let cluster = Self { state, running: RunningNodes::default(), addresses, ring, restored };
        let members = cluster.state.topology().members.clone();
        for (member, listeners) in members.into_iter().zip(listeners) {
            cluster.launch(member, listeners);
        }
        cluster
    }

    pub(super) fn launch(&self, member: Arc<Member>, listeners: NodeListeners) {
        member.set_up(true);
        self.running.launch(member, listeners, self.state.clone());
    }

    /// The nodes, stopped ones included, in the order in which they joined: at first data center by data center. A
    /// node's place here is the index that other methods take; those behind a node that leaves move up.
    pub fn nodes(&self) -> Vec<Node> {
        let topology = self.state.topology();
        topology.members.iter().map(|member| Node { member: member.clone() }).collect()
    }

    /// What was found where the cluster [keeps its data](EmbeddedClusterBuilder::persist); `None` where it keeps none.
    pub fn restored(&self) -> Option<RestoredData> {
        self.restored
    }

    /// The data center of this name.
    ///
    /// # Errors
    /// A data center that there is not.
    pub fn datacenter(&self, name: &str) -> Result<Datacenter, ClusterError> {
        let nodes: Vec<_> =
            self.nodes().into_iter().filter(|node| node.datacenter() == name).collect();
        if nodes.is_empty() {
            return Err(ClusterError::NoSuchDatacenter { name: name.to_owned() });
        }
        Ok(Datacenter { nodes })
    }

    /// Makes something go wrong on all nodes that there are.
    pub fn inject(&self, fault: Fault) -> InjectedFault {
        InjectedFault::inject(fault, self.state.topology().members.clone())
    }

    /// Tells all clients that registered for its kind of an event which has not happened, this many times in a row.
    /// No event is left out, however many they are.
    pub fn announce(&self, event: Event, times: usize) {
        self.state.announce(Announcement { event, times, about: None });
    }

    /// Where the nodes listen, as `address:port`.
    pub fn contact_points(&self) -> Vec<String> {
        self.addresses().iter().map(SocketAddr::to_string).collect()
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.state.topology().members.iter().map(|member| member.address).collect()
    }

    /// Stops all nodes and waits until none of their tasks is left.
    pub async fn shutdown(self) {
        self.running.stop_all().await;
    }

    pub(super) fn member(&self, index: usize) -> Result<Arc<Member>, ClusterError> {
        let topology = self.state.topology();
        let count = topology.members.len();
        topology.members.get(index).cloned().ok_or(ClusterError::NoSuchNode { index, count })
    }
}

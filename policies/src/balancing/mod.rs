//! Which node a request goes to, and which one next.

mod dc_aware;
mod plan;
mod round_robin;
mod token_aware;

pub use dc_aware::DcAware;
pub use plan::Plan;
pub use round_robin::RoundRobin;
pub use token_aware::TokenAware;

use std::fmt;
use std::ops::ControlFlow;

use helenus_protocol::{Consistency, Token};

use crate::{Node, NodeIndex, ReplicaTable, Topology};

/// How near a node is, which decides how many connections it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Distance {
    /// Requests go there.
    Local,
    /// Requests go there when no local node can take them.
    Remote,
    /// No request goes there, and no connection.
    Ignored,
}

/// What of a request decides where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Routing<'a> {
    /// The token of its partition key, where that is known.
    pub token: Option<Token>,
    /// The replicas of its keyspace, where that is known.
    pub replicas: Option<&'a ReplicaTable>,
    /// Its consistency level.
    pub consistency: Consistency,
    /// Whether it is conditional: its Paxos rounds collide less when all clients ask the same replica.
    pub is_conditional: bool,
    /// A number that differs from request to request, by which policies spread the load.
    pub seed: u64,
}

/// The cluster as policies see it.
pub trait ClusterState {
    /// Its nodes and their tokens.
    fn topology(&self) -> &Topology;

    /// Whether a node has a connection that takes requests.
    fn is_up(&self, node: NodeIndex) -> bool;

    /// How near the session's policy says that a node is; it is asked once, not by every request.
    fn distance(&self, node: NodeIndex) -> Distance;

    /// Requests that wait for a node's answer.
    fn in_flight(&self, node: NodeIndex) -> usize;
}

/// Takes the nodes of a plan one after another; breaks off when it has what it wants.
pub type Visit<'v> = &'v mut dyn FnMut(NodeIndex) -> ControlFlow<()>;

/// Chooses the nodes that a request may go to, and their order.
pub trait LoadBalancing: fmt::Debug + Send + Sync {
    /// How near a node is.
    fn distance(&self, node: &Node) -> Distance;

    /// Hands the nodes for a request to `visit`, the best first, until it breaks off.
    ///
    /// A node may come twice: whoever visits passes over what it has had. For the same `seed` and state the
    /// order should be the same.
    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()>;
}

impl<P: LoadBalancing + ?Sized> LoadBalancing for std::sync::Arc<P> {
    fn distance(&self, node: &Node) -> Distance {
        (**self).distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        (**self).visit(routing, cluster, visit)
    }
}

/// Visits the nodes of `among` that are up, starting at the one that `seed` points to.
fn visit_rotated<N>(
    among: &[N],
    index: impl Fn(&N) -> NodeIndex,
    seed: u64,
    cluster: &dyn ClusterState,
    visit: Visit<'_>,
) -> ControlFlow<()> {
    let (before, from) = among.split_at(rotation(seed, among.len()));
    let in_turn = from.iter().chain(before).map(index);
    in_turn.filter(|node| cluster.is_up(*node)).try_for_each(visit)
}

fn rotation(seed: u64, length: usize) -> usize {
    // The remainder is below `length`, so it fits.
    seed.checked_rem(length as u64).unwrap_or(0) as usize
}

#[cfg(test)]
mod simulated {
    use std::net::Ipv4Addr;

    use uuid::Uuid;

    use super::*;

    /// A cluster whose nodes are up or down as the test says.
    #[derive(Debug)]
    pub(crate) struct Simulated {
        pub(crate) topology: Topology,
        pub(crate) down: Vec<u32>,
    }

    impl Simulated {
        /// Nodes in these data centers; node `n` owns token `100 * n`.
        pub(crate) fn new(datacenters: &[&str]) -> Self {
            let node = |(n, dc): (u8, &&str)| Node {
                index: NodeIndex(0),
                host_id: Uuid::from_u128(n.into()),
                address: (Ipv4Addr::new(127, 0, 0, n + 1), 9042).into(),
                datacenter: (**dc).into(),
                rack: "r1".into(),
                tokens: vec![Token(100 * i64::from(n))],
            };
            Self {
                topology: Topology::new((0..).zip(datacenters).map(node).collect()),
                down: vec![],
            }
        }

        /// The whole plan of a request.
        pub(crate) fn plan(&self, policy: &dyn LoadBalancing, routing: &Routing<'_>) -> Vec<u32> {
            let mut plan = Plan::default();
            let cluster = Seen { simulated: self, policy };
            std::iter::from_fn(|| plan.next(policy, routing, &cluster)).map(|node| node.0).collect()
        }
    }

    /// A simulated cluster as the session of a policy sees it.
    struct Seen<'a> {
        simulated: &'a Simulated,
        policy: &'a dyn LoadBalancing,
    }

    impl ClusterState for Seen<'_> {
        fn topology(&self) -> &Topology {
            &self.simulated.topology
        }

        fn is_up(&self, node: NodeIndex) -> bool {
            !self.simulated.down.contains(&node.0)
        }

        fn distance(&self, node: NodeIndex) -> Distance {
            let node = self.simulated.topology.node(node);
            node.map_or(Distance::Ignored, |node| self.policy.distance(node))
        }

        fn in_flight(&self, _: NodeIndex) -> usize {
            0
        }
    }

    /// A request without a token.
    pub(crate) fn routing(seed: u64) -> Routing<'static> {
        Routing {
            token: None,
            replicas: None,
            consistency: Consistency::One,
            is_conditional: false,
            seed,
        }
    }
}

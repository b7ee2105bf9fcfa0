use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::sync::Arc;

use uuid::Uuid;

use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::Node;

/// Decides which nodes are used at all. Any `Fn(&Node) -> bool` does.
pub trait HostFilter: Send + Sync {
    /// Whether a node is used. It should say the same of a node each time.
    fn accepts(&self, node: &Node) -> bool;
}

impl<F: Fn(&Node) -> bool + Send + Sync> HostFilter for F {
    fn accepts(&self, node: &Node) -> bool {
        self(node)
    }
}

/// Nodes by what they are called: whoever matches one entry is on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostList {
    ips: HashSet<IpAddr>,
    addresses: HashSet<SocketAddr>,
    datacenters: HashSet<Arc<str>>,
    host_ids: HashSet<Uuid>,
}

impl HostList {
    /// Adds nodes by address, whatever their port.
    #[must_use]
    pub fn with_ips(mut self, ips: impl IntoIterator<Item = IpAddr>) -> Self {
        self.ips.extend(ips);
        self
    }

    /// Adds nodes by address and port.
    #[must_use]
    pub fn with_addresses(mut self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses.extend(addresses);
        self
    }

    /// Adds all nodes of data centers.
    #[must_use]
    pub fn with_datacenters<D: Into<Arc<str>>>(
        mut self,
        datacenters: impl IntoIterator<Item = D>,
    ) -> Self {
        self.datacenters.extend(datacenters.into_iter().map(Into::into));
        self
    }

    /// Adds nodes by host id.
    #[must_use]
    pub fn with_host_ids(mut self, host_ids: impl IntoIterator<Item = Uuid>) -> Self {
        self.host_ids.extend(host_ids);
        self
    }

    /// Whether a node is on it.
    pub fn has(&self, node: &Node) -> bool {
        self.ips.contains(&node.address.ip())
            || self.addresses.contains(&node.address)
            || self.datacenters.contains(&node.datacenter)
            || self.host_ids.contains(&node.host_id)
    }
}

/// Uses the nodes of a list and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow(pub HostList);

impl HostFilter for Allow {
    fn accepts(&self, node: &Node) -> bool {
        self.0.has(node)
    }
}

/// Uses all nodes but those of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deny(pub HostList);

impl HostFilter for Deny {
    fn accepts(&self, node: &Node) -> bool {
        !self.0.has(node)
    }
}

/// Follows another policy, but ignores the nodes that a filter does not accept.
#[derive(Clone)]
pub struct Filtered<P, F> {
    child: P,
    filter: F,
}

impl<P: LoadBalancing, F: HostFilter> Filtered<P, F> {
    /// Those nodes of `child` that `filter` accepts.
    pub fn new(child: P, filter: F) -> Self {
        Self { child, filter }
    }
}

impl<P: fmt::Debug, F> fmt::Debug for Filtered<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filtered").field("child", &self.child).finish_non_exhaustive()
    }
}

impl<P: LoadBalancing, F: HostFilter> LoadBalancing for Filtered<P, F> {
    fn distance(&self, node: &Node) -> Distance {
        if self.filter.accepts(node) { self.child.distance(node) } else { Distance::Ignored }
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let topology = cluster.topology();
        self.child.visit(routing, cluster, &mut |index| match topology
            .node(index)
            .is_some_and(|node| self.filter.accepts(node))
        {
            true => visit(index),
            false => ControlFlow::Continue(()),
        })
    }

    fn rank(&self, node: &Node, routing: &Routing<'_>) -> Option<u8> {
        self.child.rank(node, routing).filter(|_| self.filter.accepts(node))
    }

    fn explain(
        &self,
        node: &Node,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        self.child.explain(node, routing, cluster, reasons);
        if !self.filter.accepts(node) {
            reasons.add("filtered out");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulated::{Simulated, routing};
    use super::super::{RoundRobin, TokenAware};
    use super::*;
    use crate::ReplicationStrategy;
    use helenus_protocol::Token;

    fn plan(filter: impl HostFilter) -> Vec<u32> {
        let cluster = Simulated::new(&["dc1", "dc1", "dc2", "dc2"]);
        cluster.plan(&Filtered::new(RoundRobin, filter), &routing(0))
    }

    #[test]
    fn a_list_names_nodes_by_address_data_center_or_host_id() {
        let ip: IpAddr = [127, 0, 0, 2].into();
        let list = || HostList::default().with_ips([ip]).with_host_ids([Uuid::from_u128(0)]);
        assert_eq!(plan(Allow(list())), [0, 1]);
        assert_eq!(plan(Deny(list())), [2, 3]);
        assert_eq!(plan(Allow(HostList::default().with_datacenters(["dc2"]))), [2, 3]);
        assert_eq!(plan(Allow(HostList::default().with_addresses([(ip, 9042).into()]))), [1]);
        assert_eq!(plan(Allow(HostList::default().with_addresses([(ip, 9).into()]))), [0_u32; 0]);
        assert_eq!(plan(|node: &Node| node.index.0 != 2), [0, 1, 3]);
    }

    #[test]
    fn a_filtered_replica_is_no_replica() {
        let cluster = Simulated::new(&["dc1"; 3]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let to = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        let filter = |node: &Node| node.index.0 != 1;
        let (inside, around) = (
            TokenAware::new(Filtered::new(RoundRobin, filter)),
            Filtered::new(TokenAware::new(RoundRobin), filter),
        );
        assert_eq!(cluster.plan(&inside, &to), [2, 0]);
        assert_eq!(cluster.plan(&around, &to), [2, 0]);
        assert!(cluster.explain(&around, &to).contains("-  127.0.0.2:9042: dc1/r1, ignored"));
    }
}

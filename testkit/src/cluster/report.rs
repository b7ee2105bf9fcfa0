//! What a cluster has seen, for people to read.

use std::fmt;
use std::net::SocketAddr;

use super::{CoordinatedStatement, EmbeddedCluster};

/// Statements that are shown.
const SHOWN: usize = 20;

/// What has happened on a cluster so far: its [`Display`](fmt::Display) is for a test's message when it fails.
#[derive(Clone)]
pub struct ClusterReport {
    nodes: Vec<NodeReport>,
    /// The latest statements, oldest first.
    statements: Vec<CoordinatedStatement>,
    /// Statements before these.
    earlier: usize,
}

#[derive(Clone)]
struct NodeReport {
    address: SocketAddr,
    datacenter: String,
    is_up: bool,
    connections: usize,
    requests: u64,
}

impl ClusterReport {
    pub(super) fn of(cluster: &EmbeddedCluster) -> Self {
        let nodes = cluster.nodes().into_iter().map(|node| NodeReport {
            address: node.address(),
            datacenter: node.datacenter().to_owned(),
            is_up: node.is_up(),
            connections: node.connections(),
            requests: node.requests(),
        });
        let mut statements = cluster.statements();
        let earlier = statements.len().saturating_sub(SHOWN);
        statements.drain(..earlier);
        Self { nodes: nodes.collect(), statements, earlier }
    }
}

impl fmt::Display for ClusterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for NodeReport { address, datacenter, is_up, connections, requests } in &self.nodes {
            let state = if *is_up { "up" } else { "down" };
            writeln!(
                f,
                "{address} in {datacenter} is {state}, connections: {connections}, requests: {requests}"
            )?;
        }
        if self.earlier > 0 {
            writeln!(f, "({} earlier statements)", self.earlier)?;
        }
        let Some(first) = self.statements.first() else { return writeln!(f, "(no statements)") };
        for statement in &self.statements {
            let after = statement.at.duration_since(first.at);
            writeln!(f, "+{:.3} s {statement}", after.as_secs_f64())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ClusterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

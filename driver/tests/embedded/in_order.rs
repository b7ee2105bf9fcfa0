use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use helenus::policies::{ClusterState, Distance, LoadBalancing, Node, Routing, Visit};
use helenus::{PreparedStatement, Session, SessionBuilder};
use helenus_testkit::EmbeddedCluster;

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, soon};

/// Asks nodes in the same order each time.
#[derive(Debug)]
pub(crate) struct InOrder(pub(crate) Vec<SocketAddr>);

impl LoadBalancing for InOrder {
    fn distance(&self, node: &Node) -> Distance {
        if self.0.contains(&node.address) { Distance::Local } else { Distance::Ignored }
    }

    fn visit(
        &self,
        _: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let nodes = cluster.topology().nodes();
        let known = self.0.iter().filter_map(|to| nodes.iter().find(|node| node.address == *to));
        known.map(|node| node.index).filter(|node| cluster.is_up(*node)).try_for_each(visit)
    }
}

/// A cluster whose nodes are asked in order, and an insert into its table `ks.t`.
pub(crate) struct Ordered {
    pub(crate) cluster: EmbeddedCluster,
    pub(crate) session: Session,
    pub(crate) insert: PreparedStatement,
    /// The same, idempotent.
    pub(crate) safe: PreparedStatement,
}

impl Ordered {
    pub(crate) async fn start(
        nodes: usize,
        change: impl FnOnce(SessionBuilder) -> SessionBuilder,
    ) -> Outcome<Self> {
        let cluster = EmbeddedCluster::start(nodes).await?;
        let order = Arc::new(InOrder(cluster.addresses()));
        let builder = builder(&cluster).load_balancing(order).reconnection(soon());
        let session = change(builder).build().await?;
        keyspace(&session, "ks", nodes).await?;
        session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
        let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
        // Each node knows the statement, so that no test has to do with its preparation.
        for node in cluster.addresses() {
            let only = Session::builder().contact_point(node);
            let only = only.load_balancing(Arc::new(InOrder(vec![node]))).build().await?;
            only.prepare(insert.cql()).await?;
        }
        cluster.forget_statements();
        let safe = insert.clone().with_idempotence(true);
        Ok(Self { cluster, session, insert, safe })
    }

    /// The nodes that were asked to insert, in order, since the last time.
    pub(crate) fn asked(&self) -> Vec<usize> {
        let addresses = self.cluster.addresses();
        let place = |node| addresses.iter().position(|address| *address == node);
        let requests = self.cluster.requests().executing("INSERT");
        let asked = requests.iter().filter_map(|request| place(request.node)).collect();
        self.cluster.forget_statements();
        asked
    }
}

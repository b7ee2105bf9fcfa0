//! A load-balancing policy of one's own: idle nodes with fast disks that have been upgraded come first.
//!
//! ```text
//! cargo run -p helenus-examples --bin custom-policy
//! ```

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

use helenus::Session;
use helenus::policies::{
    ClusterState, Distance, HostList, LoadBalancing, Node, NodeIndex, Routing, SetBack, TokenAware,
    Visit,
};
use helenus_testkit::EmbeddedCluster;

/// Asks idle nodes with fast disks first, then all others of the data center.
#[derive(Debug)]
struct FastDisks;

impl LoadBalancing for FastDisks {
    fn distance(&self, node: &Node) -> Distance {
        if &*node.datacenter == "dc1" { Distance::Local } else { Distance::Ignored }
    }

    fn visit(
        &self,
        _: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let nodes = cluster.topology().datacenter("dc1").iter().copied();
        let up = || nodes.clone().filter(|node| cluster.is_up(*node));
        let is_fast = |node: &NodeIndex| {
            cluster.tag(*node, "disk") == Some("nvme")
                && cluster.in_flight(*node) < 64
                && cluster.release_version(*node).is_some_and(|version| version.starts_with('5'))
        };
        up().filter(is_fast).try_for_each(&mut *visit)?;
        up().try_for_each(visit)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 3).datacenter("dc2", 1).start().await?;
    let fast = HostList::default().with_addresses([cluster.addresses()[1]]);
    let session = Session::builder()
        .contact_points(cluster.contact_points())
        .node_tag(fast, "disk", "nvme")
        // Replicas first, and nodes that do not answer last, as the session's own policy has it.
        .load_balancing(Arc::new(SetBack::new(TokenAware::new(FastDisks))))
        .build()
        .await?;
    let select = session.prepare("SELECT release_version FROM system.local").await?;
    print!("{}", session.explain(&select, ())?);
    let result = session.execute(&select, ()).await?;
    println!("{} was asked", result.coordinator());
    assert_eq!(result.coordinator(), cluster.addresses()[1]);
    Ok(())
}

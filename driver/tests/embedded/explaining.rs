//! Policies of one's own, and what a session says of its plans.

use std::ops::ControlFlow;
use std::sync::Arc;

use helenus::policies::{
    ClusterState, Distance, HostList, LoadBalancing, Node, Reasons, Routing, SetBack, TokenAware,
    Visit,
};
use helenus::{ExecutionProfile, RequestErrorKind, Session};
use helenus_testkit::EmbeddedCluster;

use crate::behaviours::{Outcome, keyspace};
use crate::builder;

/// Asks the nodes with fast disks that have been upgraded, and no others.
#[derive(Debug)]
struct FastDisks;

impl LoadBalancing for FastDisks {
    fn distance(&self, _: &Node) -> Distance {
        Distance::Local
    }

    fn visit(
        &self,
        _: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let nodes = cluster.topology().nodes().iter().map(|node| node.index);
        let fast = nodes.filter(|node| {
            cluster.tag(*node, "disk") == Some("nvme")
                && cluster.release_version(*node).is_some_and(|version| version.starts_with('5'))
                && cluster.in_flight(*node) < 64
                && cluster.distance(*node) == Distance::Local
        });
        fast.into_iter().try_for_each(visit)
    }

    fn rank(&self, _: &Node, _: &Routing<'_>) -> Option<u8> {
        None
    }

    fn explain(
        &self,
        node: &Node,
        _: &Routing<'_>,
        cluster: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        reasons.add(format_args!("disk: {}", cluster.tag(node.index, "disk").unwrap_or("slow")));
    }
}

async fn start() -> Outcome<(EmbeddedCluster, Session)> {
    let cluster = EmbeddedCluster::start(3).await?;
    let list = |node: usize| HostList::default().with_addresses([cluster.addresses()[node]]);
    let policy = SetBack::new(TokenAware::new(FastDisks));
    let session = builder(&cluster)
        .node_tag(list(0), "disk", "nvme")
        .node_tag(list(1), "disk", "nvme")
        .node_tag(list(0), "disk", "hdd")
        .profile(ExecutionProfile::new("fast").with_load_balancing(Arc::new(policy)))
        .build()
        .await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    Ok((cluster, session))
}

#[tokio::test]
async fn a_policy_of_ones_own_goes_by_tags_versions_load_and_distance() -> Outcome {
    let (cluster, session) = start().await?;
    let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?;
    let fast = session.with_profile("fast");
    for k in 0..20 {
        assert_eq!(fast.execute(&select, (k,)).await?.coordinator(), cluster.addresses()[1]);
    }
    let plan = fast.explain(&select, (1,))?;
    assert_eq!(plan.nodes.len(), 1);
    assert!(plan.to_string().contains("disk: nvme"), "{plan}");
    assert!(plan.left_out.iter().all(|node| node.to_string().contains("disk: ")), "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_plan_is_explained_as_it_is_followed() -> Outcome {
    let (cluster, session) = start().await?;
    let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?;
    cluster.forget_statements();
    for k in 0..20 {
        let plan = session.explain(&select, (k,))?;
        let replicas = session.replicas("ks", select.token((k,))?.ok_or("a whole key")?);
        let (first, last) = plan.nodes.split_at(replicas.len());
        assert!(first.iter().all(|node| replicas.contains(&node.address)), "{plan}");
        assert!(first.iter().all(|node| node.to_string().contains("replica")), "{plan}");
        assert_eq!(last.len(), 1);
    }
    cluster.requests().executing("SELECT k").assert_none();
    let unknown = session.with_profile("none").explain(&select, (1,)).unwrap_err();
    assert!(matches!(unknown.kind(), RequestErrorKind::UnknownProfile { .. }), "{unknown}");
    Ok(())
}

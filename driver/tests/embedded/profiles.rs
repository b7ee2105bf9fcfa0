//! Sets of settings that requests choose.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policies::{
    ClusterState, ConstantDelay, DcAware, Distance, Fallthrough, HostList, LoadBalancing,
    Node as PolicyNode, NodeIndex, RoundRobin, Routing, Speculation, TokenAware, Visit,
};
use helenus::{
    Consistency, ErrorKind, ExecutionProfile, RequestErrorKind, Session, SessionBuilder, Statement,
};
use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Fault, Node};

use crate::behaviours::Outcome;
use crate::in_order::{InOrder, Ordered};
use crate::{builder, soon, until};

const QUERY: &str = "SELECT key FROM system.local";

fn profile(name: &str) -> ExecutionProfile {
    ExecutionProfile::new(name)
}

#[tokio::test]
async fn a_profile_says_what_statements_leave_open() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster)
        .consistency(Consistency::Quorum)
        .profile(profile("one").with_consistency(Consistency::One))
        .build()
        .await?;
    let level = async |session: &Session, statement: Statement| {
        cluster.forget_statements();
        session.query(statement, ()).await?;
        let requests = cluster.requests().executing(QUERY);
        Ok::<_, helenus::RequestError>(requests.iter().next().and_then(|r| r.consistency))
    };
    let plain = || Statement::new(QUERY);
    assert_eq!(level(&session, plain()).await?, Some(Consistency::Quorum));
    assert_eq!(level(&session, plain().with_profile("one")).await?, Some(Consistency::One));
    let of_one = session.with_profile("one");
    assert_eq!(level(&of_one, plain()).await?, Some(Consistency::One));
    assert_eq!(level(&of_one, plain().with_profile("default")).await?, Some(Consistency::Quorum));
    let itself = plain().with_profile("one").with_consistency(Consistency::All);
    assert_eq!(level(&session, itself).await?, Some(Consistency::All));
    Ok(())
}

#[tokio::test]
async fn profiles_change_at_run_time_and_derive_from_each_other() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).build().await?;
    let hasty = profile("hasty").with_request_timeout(Duration::from_millis(30));
    let error = session.with_profile("hasty").query(QUERY, ()).await.unwrap_err();
    assert!(
        matches!(error.kind(), RequestErrorKind::UnknownProfile { name } if &**name == "hasty")
    );

    session.set_profile(hasty.clone()).await;
    session.set_profile(hasty.derive("hasty at one").with_consistency(Consistency::One)).await;
    assert_eq!(
        session.profile("hasty at one").map(|p| p.name().to_owned()),
        Some("hasty at one".into())
    );
    let silent = cluster.inject(Fault::drop_answers().matching(QUERY));
    for name in ["hasty", "hasty at one"] {
        let error = session.with_profile(name).query(QUERY, ()).await.unwrap_err();
        let RequestErrorKind::Timeout { after } = error.kind() else { panic!("{error}") };
        assert_eq!(*after, Duration::from_millis(30));
    }
    // The default profile is the session itself.
    session.set_profile(hasty.derive(ExecutionProfile::DEFAULT)).await;
    assert!(session.query(QUERY, ()).await.unwrap_err().is_timeout());
    session.set_profile(profile(ExecutionProfile::DEFAULT)).await;
    drop(silent);
    session.query(QUERY, ()).await?;
    Ok(())
}

#[tokio::test]
async fn retries_timeouts_and_speculation_are_the_profiles() -> Outcome {
    let soon: Arc<dyn Speculation> = Arc::new(ConstantDelay::new(Duration::from_millis(5), 1));
    let ordered = Ordered::start(2, |builder| {
        builder
            .profile(profile("never again").with_retry(Arc::new(Fallthrough)))
            .profile(profile("impatient").with_speculation(soon))
            .profile(profile("brief").with_attempt_timeout(Duration::from_millis(40)))
    })
    .await?;
    let Ordered { cluster, session, safe, .. } = &ordered;
    let ill = cluster.nodes()[0].inject(Fault::error(ErrorKind::ServerError).to(Opcode::Execute));
    assert!(session.execute(&safe.clone().with_profile("never again"), (1,)).await.is_err());
    session.execute(safe, (1,)).await?;
    assert_eq!(ordered.asked(), [0, 0, 1]);
    drop(ill);
    let _silent = cluster.nodes()[0].inject(Fault::drop_answers().to(Opcode::Execute));
    let result = session.with_profile("impatient").execute(safe, (1,)).await?;
    assert_eq!((result.info().speculations(), ordered.asked().as_slice()), (1, &[0, 1][..]));
    let result = session.with_profile("brief").execute(safe, (1,)).await?;
    assert_eq!((result.info().failed_attempts().len(), result.info().speculations()), (1, 0));
    Ok(())
}

async fn two_datacenters() -> Outcome<(EmbeddedCluster, SessionBuilder)> {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 2).datacenter("dc2", 2).start().await?;
    let policy = TokenAware::new(DcAware::new("dc1"));
    let builder = builder(&cluster).load_balancing(Arc::new(policy)).consistency(Consistency::One);
    Ok((cluster, builder))
}

fn connections(session: &Session) -> [usize; 2] {
    ["dc1", "dc2"].map(|dc| {
        let nodes = session.metrics().nodes;
        nodes.iter().filter(|node| node.datacenter == dc).map(|node| node.connections).sum()
    })
}

#[tokio::test]
async fn pools_serve_the_nearest_distance_that_any_profile_says() -> Outcome {
    let (cluster, builder) = two_datacenters().await?;
    let far = profile("far").with_load_balancing(Arc::new(DcAware::new("dc2")));
    let session = builder.build().await?;
    let [near, none] = connections(&session);
    assert!(near > 0 && none == 0);
    let keyspace = "CREATE KEYSPACE ks WITH replication = \
                    {'class': 'NetworkTopologyStrategy', 'dc1': 2, 'dc2': 2}";
    session.query(keyspace, ()).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?;

    session.set_profile(far).await;
    until("dc2 is connected to", || connections(&session) == [near, near]).await;
    let of_dc = async |session: &Session, dc: &str| {
        let nodes: Vec<_> = cluster.datacenter(dc)?.nodes().iter().map(Node::address).collect();
        for k in 0..20 {
            let coordinator = session.execute(&select, (k,)).await?.coordinator();
            assert!(nodes.contains(&coordinator), "{coordinator} is not in {dc}");
        }
        Outcome::Ok(())
    };
    // A replica of dc2 has a pool like a local one, but is none to the profiles of dc1.
    of_dc(&session, "dc1").await?;
    of_dc(&session.with_profile("far"), "dc2").await?;

    let remote = DcAware::new("dc1").with_remote_hosts(2);
    session.set_profile(profile("far").with_load_balancing(Arc::new(remote))).await;
    until("dc2 is remote", || connections(&session) == [near, 2]).await;
    session.set_profile(profile("far")).await;
    until("dc2 is left", || connections(&session) == [near, 0]).await;
    of_dc(&session.with_profile("far"), "dc1").await?;
    session.set_profile(profile("far").with_load_balancing(Arc::new(RoundRobin))).await;
    until("dc2 is back", || connections(&session) == [near, near]).await;
    Ok(())
}

#[tokio::test]
async fn a_remote_data_center_is_used_only_when_allowed_and_not_for_local_levels() -> Outcome {
    let (cluster, builder) = two_datacenters().await?;
    let remote = DcAware::new("dc1").with_remote_hosts(2);
    let allowed = remote.clone().with_remote_for_local_consistency(true);
    let session = builder
        .profile(profile("remote").with_load_balancing(Arc::new(remote)))
        .profile(profile("remote for local").with_load_balancing(Arc::new(allowed)))
        .build()
        .await?;
    until("dc2 is connected to", || connections(&session)[1] == 2).await;
    cluster.stop(0).await?;
    cluster.stop(1).await?;
    until("dc1 is down", || connections(&session)[0] == 0).await;
    let ask = async |name: &str, level: Consistency| {
        let statement = Statement::new(QUERY).with_consistency(level).with_profile(name);
        match session.query(statement, ()).await {
            Ok(_) => true,
            Err(error) => {
                assert!(matches!(error.kind(), RequestErrorKind::NoNode), "{error}");
                false
            }
        }
    };
    assert!(!ask("default", Consistency::One).await);
    assert!(ask("remote", Consistency::One).await);
    for level in [Consistency::LocalOne, Consistency::LocalQuorum] {
        assert!(!ask("remote", level).await);
        assert!(ask("remote for local", level).await);
    }
    Ok(())
}

#[tokio::test]
async fn each_profile_follows_its_own_policy() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let in_order = |first: usize| {
        let mut nodes = cluster.addresses();
        nodes.rotate_left(first);
        Arc::new(InOrder(nodes))
    };
    let session = builder(&cluster)
        .load_balancing(in_order(0))
        .profile(profile("from 1").with_load_balancing(in_order(1)))
        .profile(profile("from 2").with_load_balancing(in_order(2)))
        .build()
        .await?;
    for (node, name) in ["default", "from 1", "from 2"].into_iter().enumerate() {
        let result = session.with_profile(name).query(QUERY, ()).await?;
        assert_eq!(result.coordinator(), cluster.addresses()[node], "{name}");
    }
    let asked = Instant::now();
    session.shutdown(Duration::from_secs(5)).await;
    // A session that has gone takes no profile, and does not wait for anybody either.
    session.set_profile(profile("late")).await;
    assert!(asked.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn a_profile_can_be_set_while_the_whole_cluster_is_away() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).reconnection(soon()).build().await?;
    cluster.stop(0).await?;
    let failures = || session.metrics().pools.connect_failures;
    let before = failures();
    until("nobody can be connected to", || failures() > before + 3).await;
    session.set_profile(profile("late")).await;
    let error = session.with_profile("late").query(QUERY, ()).await.unwrap_err();
    assert!(matches!(error.kind(), RequestErrorKind::NoNode), "{error}");
    cluster.restart(0).await?;
    until("the node is there again", || session.metrics().nodes[0].is_up).await;
    session.with_profile("late").query(QUERY, ()).await?;
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// Asks only the nodes that are there for the request's workload.
#[derive(Debug)]
struct ByWorkload;

impl LoadBalancing for ByWorkload {
    fn distance(&self, _: &PolicyNode) -> Distance {
        Distance::Local
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let workload = routing.tags.get("workload");
        let nodes = cluster.topology().nodes().iter().map(|node| node.index);
        let serves = |node: &NodeIndex| cluster.tag(*node, "workload") == workload;
        nodes.filter(|node| cluster.is_up(*node)).filter(serves).try_for_each(visit)
    }
}

#[tokio::test]
async fn requests_go_by_the_tags_of_their_profile() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let list = |node: usize| HostList::default().with_addresses([cluster.addresses()[node]]);
    let reports = profile("reports").with_tag("workload", "reports");
    let session = builder(&cluster)
        .load_balancing(Arc::new(ByWorkload))
        .node_tag(list(1), "workload", "reports")
        .node_tag(list(2), "workload", "backup")
        .profile(reports.derive("backups").with_tag("workload", "backup"))
        .profile(reports)
        .build()
        .await?;
    let of_backups = session.profile("backups").ok_or("a profile of that name")?;
    assert_eq!(of_backups.tags().iter().collect::<Vec<_>>(), [("workload", "backup")]);
    let select = session.prepare(QUERY).await?;
    let of_reports = session.with_profile("reports");
    let of_backups = session.with_profile("backups");
    for (session, node) in [(&session, 0), (&of_reports, 1), (&of_backups, 2)] {
        for _ in 0..10 {
            let node = cluster.addresses()[node];
            assert_eq!(session.query(QUERY, ()).await?.coordinator(), node);
            assert_eq!(session.execute(&select, ()).await?.coordinator(), node);
            assert_eq!(session.explain(&select, ())?.nodes[0].address, node);
        }
    }
    Ok(())
}

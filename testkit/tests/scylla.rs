//! The embedded cluster as another driver sees it: ScyllaDB's, which reads the protocol for itself.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::HashSet;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use futures::TryStreamExt;
use helenus_testkit::{EmbeddedCluster, Node};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::policies::load_balancing::DefaultPolicy;
use scylla::statement::Consistency;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const LONG: Duration = Duration::from_secs(20);

async fn connect(cluster: &EmbeddedCluster) -> Outcome<Session> {
    let policy = DefaultPolicy::builder()
        .prefer_datacenter("dc1".to_owned())
        .token_aware(true)
        .permit_dc_failover(true)
        .build();
    let profile = ExecutionProfile::builder()
        .load_balancing_policy(policy)
        .consistency(Consistency::One)
        .build();
    Ok(SessionBuilder::new()
        .known_nodes(cluster.contact_points())
        .default_execution_profile_handle(profile.into_handle())
        .build()
        .await?)
}

/// Writes rows and reads them back.
async fn write_and_read(
    session: &Session,
    insert: &PreparedStatement,
    select: &PreparedStatement,
    keys: std::ops::Range<i32>,
) -> Outcome {
    for key in keys {
        session.execute_unpaged(insert, (key, format!("value of {key}"))).await?;
        let rows = session.execute_unpaged(select, (key,)).await?.into_rows_result()?;
        assert_eq!(rows.single_row::<(String,)>()?.0, format!("value of {key}"));
    }
    Ok(())
}

#[helenus_testkit::test(datacenters = "dc1:2, dc2:1")]
async fn scylla_s_driver_writes_and_reads_by_token_and_survives_a_lost_node(
    cluster: EmbeddedCluster,
) -> Outcome {
    let session = connect(&cluster).await?;
    session
        .query_unpaged(
            "CREATE KEYSPACE ks WITH replication = \
             {'class': 'NetworkTopologyStrategy', 'dc1': 1, 'dc2': 1}",
            (),
        )
        .await?;
    session.query_unpaged("CREATE TABLE ks.t (k int PRIMARY KEY, v text)", ()).await?;
    session.refresh_metadata().await?;
    let mut insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    insert.set_is_idempotent(true);
    let mut select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;
    select.set_is_idempotent(true);
    assert!(insert.is_token_aware());

    write_and_read(&session, &insert, &select, 0..200).await?;
    let nodes = cluster.nodes();
    for request in cluster.requests().executing("INSERT INTO ks.t").iter() {
        let key = &request.statements[0].values()[0].value;
        let owner = owner_in_dc1(&nodes, key.as_ref().unwrap());
        assert_eq!(request.node, owner, "{request}");
    }
    let asked: HashSet<_> = cluster.requests().executing("ks.t").iter().map(|r| r.node).collect();
    assert_eq!(asked.len(), 2);

    cluster.stop(1).await?;
    write_and_read(&session, &insert, &select, 200..300).await?;
    cluster.restart(1).await?;
    cluster.forget_statements();
    cluster.wait_until(LONG, |cluster| cluster.nodes()[1].connections() > 0).await?;
    let back = async || {
        for key in 300.. {
            write_and_read(&session, &insert, &select, key..key + 1).await?;
            if cluster.requests().on(&nodes[1]).executing("INSERT").count() > 0 {
                break;
            }
        }
        Outcome::Ok(())
    };
    tokio::time::timeout(LONG, back()).await??;
    Ok(())
}

/// The one replica of an `int` key among the first two nodes.
fn owner_in_dc1(nodes: &[Node], key: &helenus_protocol::Value) -> SocketAddr {
    let helenus_protocol::Value::Int(key) = key else { panic!("no int: {key:?}") };
    let token = helenus_protocol::Token::of_key(&key.to_be_bytes()).0;
    let ring = nodes[..2].iter().flat_map(|node| node.tokens().map(move |token| (token, node)));
    let ring: std::collections::BTreeMap<_, _> = ring.collect();
    ring.range(token..).next().or(ring.iter().next()).unwrap().1.address()
}

#[helenus_testkit::test(datacenters = "dc1:1, dc2:1")]
async fn scylla_s_driver_sends_batches_and_reads_pages(cluster: EmbeddedCluster) -> Outcome {
    let session = connect(&cluster).await?;
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    session
        .query_unpaged(format!("CREATE KEYSPACE ks WITH replication = {replication}"), ())
        .await?;
    session.query_unpaged("CREATE TABLE ks.t (k int, c int, PRIMARY KEY (k, c))", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, c) VALUES (?, ?)").await?;
    let mut batch = Batch::new(BatchType::Unlogged);
    let rows: Vec<_> = (0..100).map(|row| (row % 3, row)).collect();
    rows.iter().for_each(|_| batch.append_statement(insert.clone()));
    session.batch(&batch, rows).await?;
    let mut select = session.prepare("SELECT c FROM ks.t").await?;
    select.set_page_size(7);
    let mut pages = session.execute_iter(select, ()).await?.rows_stream::<(i32,)>()?;
    let mut seen = HashSet::new();
    while let Some((row,)) = pages.try_next().await? {
        assert!(seen.insert(row));
    }
    assert_eq!(seen.len(), 100);
    cluster.requests().executing("SELECT c").assert_count(15);
    Ok(())
}

//! The embedded cluster as another driver sees it: ScyllaDB's, which reads the protocol for itself.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use futures::TryStreamExt;
use helenus_testkit::{EmbeddedCluster, Node, Proxy, Recording, Replay};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::policies::load_balancing::DefaultPolicy;
use scylla::statement::Consistency;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::value::Counter;
use scylla::{DeserializeValue, SerializeValue};

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

#[derive(Debug, Clone, PartialEq, SerializeValue, DeserializeValue)]
struct Address {
    street: String,
    zip: i32,
}

type Person = (Address, HashSet<String>, Vec<i32>, HashMap<String, i32>, Vec<f32>);

#[helenus_testkit::test]
async fn scylla_s_driver_speaks_of_types_conditions_counters_and_the_schema(
    cluster: EmbeddedCluster,
) -> Outcome {
    let session = SessionBuilder::new().known_nodes(cluster.contact_points()).build().await?;
    for cql in [
        "CREATE KEYSPACE ks WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': 1}",
        "CREATE TYPE ks.address (street text, zip int)",
        "CREATE TABLE ks.people (k int PRIMARY KEY, home frozen<address>, tags set<text>, marks list<int>, \
         notes map<text, int>, near vector<float, 2>)",
        "CREATE TABLE ks.counts (k int PRIMARY KEY, n counter)",
        "CREATE INDEX by_tag ON ks.people (tags)",
        "CREATE MATERIALIZED VIEW ks.by_home AS SELECT k, home FROM ks.people \
         WHERE k IS NOT NULL AND home IS NOT NULL PRIMARY KEY (home, k)",
    ] {
        session.query_unpaged(cql, ()).await?;
    }
    let home = Address { street: "Main".to_owned(), zip: 1 };
    let tags = HashSet::from(["a".to_owned(), "b".to_owned()]);
    let notes = HashMap::from([("x".to_owned(), 1)]);
    let row = (home.clone(), tags, vec![3, 1], notes, vec![0.5, -1.0]);
    let insert = "INSERT INTO ks.people (k, home, tags, marks, notes, near) VALUES (1, ?, ?, ?, ?, ?) IF NOT EXISTS";
    let insert = session.prepare(insert).await?;
    session.execute_unpaged(&insert, &row).await?;
    let refused = session.execute_unpaged(&insert, &row).await?.into_rows_result()?;
    assert_eq!(refused.column_specs().get_by_index(0).unwrap().name(), "[applied]");
    let select = "SELECT home, tags, marks, notes, near FROM ks.people WHERE tags CONTAINS ?";
    let select = session.prepare(select).await?;
    let found = session.execute_unpaged(&select, ("a",)).await?.into_rows_result()?;
    assert_eq!(found.single_row::<Person>()?, row);
    let view =
        session.query_unpaged("SELECT home FROM ks.by_home", ()).await?.into_rows_result()?;
    assert_eq!(view.single_row::<(Address,)>()?, (home,));

    let add = session.prepare("UPDATE ks.counts SET n = n + ? WHERE k = 1").await?;
    let mut batch = Batch::new(BatchType::Counter);
    batch.append_statement(add.clone());
    batch.append_statement(add);
    session.batch(&batch, ((Counter(5),), (Counter(-2),))).await?;
    let count = session.query_unpaged("SELECT n FROM ks.counts", ()).await?.into_rows_result()?;
    assert_eq!(count.single_row::<(Counter,)>()?, (Counter(3),));

    let described =
        session.query_unpaged("DESCRIBE TYPE ks.address", ()).await?.into_rows_result()?;
    let (_, kind, name, _) = described.single_row::<(String, String, String, String)>()?;
    assert_eq!((&*kind, &*name), ("type", "address"));
    session.refresh_metadata().await?;
    let state = session.get_cluster_state();
    let keyspace = state.get_keyspace("ks").unwrap();
    assert_eq!(keyspace.tables.len(), 2);
    assert_eq!(keyspace.tables["people"].columns.len(), 6);
    assert!(keyspace.views.contains_key("by_home"));
    assert!(keyspace.user_defined_types.contains_key("address"));
    Ok(())
}

/// What the driver does in the same way each time.
async fn write_and_read_some(contact: &str) -> Outcome<Vec<(i32, String)>> {
    let session = SessionBuilder::new().known_node(contact).build().await?;
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    session
        .query_unpaged(format!("CREATE KEYSPACE ks WITH replication = {replication}"), ())
        .await?;
    session.query_unpaged("CREATE TABLE ks.t (k int PRIMARY KEY, v text)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    for key in 0..20 {
        session.execute_unpaged(&insert, (key, format!("value of {key}"))).await?;
    }
    let select = session.prepare("SELECT k, v FROM ks.t").await?;
    let rows = session.execute_unpaged(&select, ()).await?.into_rows_result()?;
    Ok(rows.rows()?.collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn scylla_s_driver_hears_from_a_recording_what_it_heard_from_a_node() -> Outcome {
    let path = std::env::temp_dir().join(format!("helenus-scylla-{}.rec", std::process::id()));
    let cluster = EmbeddedCluster::start(1).await?;
    let node = cluster.addresses()[0];
    // The driver connects to the node's address with the port of its contact point.
    let contact = SocketAddr::new(node.ip(), node.port() + 1);
    let proxy = Proxy::to(node).listen(contact).record(&path).start().await?;
    let heard = write_and_read_some(&contact.to_string()).await?;
    assert_eq!(heard.len(), 20);
    proxy.shutdown().await?;
    cluster.shutdown().await;

    let replay = Replay::of(Recording::open(&path)?).listen(contact).start().await?;
    assert_eq!(write_and_read_some(&contact.to_string()).await?, heard);
    replay.shutdown().await;
    std::fs::remove_file(path)?;
    Ok(())
}

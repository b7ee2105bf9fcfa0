//! Consistency levels, and what they take.

use std::net::SocketAddr;

use helenus_protocol::{
    Batch, BatchKind, BatchStatement, Consistency, ErrorKind, QueryParameters, Request, Response,
    Statement, Values,
};
use helenus_testkit::EmbeddedCluster;

use crate::client::{Client, error, parameters};

use Consistency::{
    All, Any, EachQuorum, LocalOne, LocalQuorum, LocalSerial, One, Quorum, Serial, Three, Two,
};

/// A client on the first node, in a keyspace of this replication with a table `t`.
async fn client(address: SocketAddr, replication: &str) -> Client {
    let mut client = Client::connect(address).await;
    client.run(&format!("CREATE KEYSPACE ks WITH replication = {{{replication}}}")).await;
    client.run("USE ks").await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    client
}

fn simple(factor: usize) -> String {
    format!("'class': 'SimpleStrategy', 'replication_factor': {factor}")
}

impl Client {
    /// What a level takes and has, if it is too little, as those of an insert and a scan are told that may have it.
    async fn shortage(&mut self, level: Consistency) -> Option<(i32, i32)> {
        let mut shortages = Vec::new();
        let (insert, scan) = ("INSERT INTO t (k, v) VALUES (1, 1)", "SELECT * FROM t");
        let statements = match level {
            Any => vec![insert],
            Serial | LocalSerial => vec![scan],
            _ => vec![insert, scan],
        };
        for cql in statements {
            shortages.push(match self.at(level, cql).await {
                Response::Error(error) => match error.kind {
                    ErrorKind::Unavailable { consistency, required, alive } => {
                        assert_eq!(consistency, level);
                        assert_eq!(
                            error.message,
                            format!("Cannot achieve consistency level {level}")
                        );
                        Some((required, alive))
                    }
                    other => panic!("{other:?}"),
                },
                _ => None,
            });
        }
        assert!(shortages.iter().all(|shortage| *shortage == shortages[0]));
        shortages[0]
    }
}

#[tokio::test]
async fn levels_take_what_the_replication_factor_makes_of_them() {
    let cluster = EmbeddedCluster::start(3).await.unwrap();
    let mut client = client(cluster.addresses()[0], &simple(3)).await;
    let expected = |down: usize, level| match (down, level) {
        (1, All) => Some((3, 2)),
        (1, Three) => Some((3, 2)),
        (2, All | Three) => Some((3, 1)),
        (2, Two | Quorum | LocalQuorum | EachQuorum | Serial | LocalSerial) => Some((2, 1)),
        _ => None,
    };
    for down in 0..3 {
        if down > 0 {
            cluster.stop(down).await.unwrap();
        }
        for level in [
            Any,
            One,
            Two,
            Three,
            Quorum,
            All,
            LocalQuorum,
            EachQuorum,
            Serial,
            LocalSerial,
            LocalOne,
        ] {
            assert_eq!(client.shortage(level).await, expected(down, level), "{level}, {down} down");
        }
    }
    cluster.restart(1).await.unwrap();
    assert_eq!(client.shortage(Quorum).await, None);
}

#[tokio::test]
async fn a_factor_above_the_number_of_nodes_counts_in_full() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = client(cluster.addresses()[0], &simple(3)).await;
    assert_eq!(client.shortage(One).await, None);
    assert_eq!(client.shortage(Quorum).await, Some((2, 1)));
    assert_eq!(client.shortage(All).await, Some((3, 1)));
}

#[tokio::test]
async fn data_centers_count_by_themselves_where_a_level_says_so() {
    let cluster = EmbeddedCluster::builder()
        .datacenter("dc1", 3)
        .datacenter("dc2", 2)
        .racks(3)
        .start()
        .await
        .unwrap();
    let replication = "'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2";
    let mut client = client(cluster.addresses()[0], replication).await;
    for level in [All, EachQuorum, LocalQuorum, Quorum] {
        assert_eq!(client.shortage(level).await, None);
    }
    cluster.stop(4).await.unwrap();
    assert_eq!(client.shortage(All).await, Some((5, 4)));
    assert_eq!(client.shortage(EachQuorum).await, Some((2, 1)));
    for level in [LocalQuorum, LocalSerial, Quorum] {
        assert_eq!(client.shortage(level).await, None);
    }
    cluster.stop(1).await.unwrap();
    cluster.stop(2).await.unwrap();
    assert_eq!(client.shortage(LocalQuorum).await, Some((2, 1)));
    assert_eq!(client.shortage(Quorum).await, Some((3, 2)));
    assert_eq!(client.shortage(LocalOne).await, None);

    client
        .run(
            "CREATE KEYSPACE far WITH replication = {'class': 'NetworkTopologyStrategy', 'dc2': 1}",
        )
        .await;
    client.run("CREATE TABLE far.t (k int PRIMARY KEY, v int)").await;
    let refused = error(client.at(LocalOne, "INSERT INTO far.t (k) VALUES (1)").await);
    let nobody = ErrorKind::Unavailable { consistency: LocalOne, required: 1, alive: 0 };
    assert_eq!(refused.kind, nobody);
}

#[tokio::test]
async fn only_the_partitions_of_a_stopped_node_are_unavailable() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut client = client(cluster.addresses()[0], &simple(1)).await;
    let insert = client.prepare("INSERT INTO t (k, v) VALUES (?, 1)").await;
    cluster.stop(1).await.unwrap();
    let owner = |token: i64| {
        let nodes = cluster.nodes().into_iter().enumerate();
        let ring = nodes.flat_map(|(node, member)| member.tokens().map(move |token| (token, node)));
        let ring: std::collections::BTreeMap<_, _> = ring.collect();
        *ring.range(token..).next().or(ring.iter().next()).unwrap().1
    };
    let mut written = 0;
    for key in 0..100 {
        let token = helenus_protocol::Token::of_key(&i32::to_be_bytes(key)).0;
        match client.execute(&insert, &(key,)).await {
            Response::Void => {
                assert_eq!(owner(token), 0, "{key}");
                written += 1;
            }
            refused => {
                let kind = ErrorKind::Unavailable { consistency: LocalOne, required: 1, alive: 0 };
                assert_eq!((error(refused).kind, owner(token)), (kind, 1), "{key}");
            }
        }
    }
    assert!((10..90).contains(&written), "{written}");
    let first = *cluster.nodes()[0].tokens().collect::<Vec<_>>().first().unwrap();
    let own = format!("SELECT * FROM t WHERE token(k) >= {first} AND token(k) <= {first}");
    assert!(matches!(client.query(&own).await, Response::Rows(_)));
    assert!(matches!(client.query("SELECT * FROM t").await, Response::Error(_)));
    cluster.restart(1).await.unwrap();
    assert_eq!(client.rows("SELECT * FROM t").await.count, written);
}

#[tokio::test]
async fn what_is_unavailable_is_not_begun() {
    let cluster = EmbeddedCluster::start(3).await.unwrap();
    let mut client = client(cluster.addresses()[0], &simple(3)).await;
    client.run("CREATE KEYSPACE single WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").await;
    cluster.stop(1).await.unwrap();
    cluster.stop(2).await.unwrap();
    let statement =
        |cql| BatchStatement { statement: Statement::Cql(cql), values: Values::default() };
    let batch = Request::Batch(Batch {
        kind: BatchKind::Logged,
        statements: vec![
            statement("INSERT INTO t (k, v) VALUES (1, 1)"),
            statement("INSERT INTO t (k, v) VALUES (2, 2)"),
        ],
        parameters: QueryParameters { consistency: Quorum, ..parameters() },
    });
    let short = |consistency| ErrorKind::Unavailable { consistency, required: 2, alive: 1 };
    assert_eq!(error(client.call(&batch).await).kind, short(Quorum));
    let conditional = "INSERT INTO t (k, v) VALUES (1, 1) IF NOT EXISTS";
    assert_eq!(client.error(conditional).await.kind, short(Serial));
    let local = Some(LocalSerial);
    let local = QueryParameters { serial_consistency: local, ..parameters() };
    assert_eq!(error(client.query_with(conditional, local).await).kind, short(LocalSerial));
    let everywhere = ErrorKind::Unavailable { consistency: All, required: 3, alive: 1 };
    assert_eq!(client.error("TRUNCATE t").await.kind, everywhere);
    assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
    assert_eq!(client.rows("SELECT * FROM system.peers").await.count, 2);
}

#[tokio::test]
async fn levels_that_a_statement_cannot_have_are_refused() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let replication = "'class': 'SimpleStrategy', 'replication_factor': 1";
    let mut client = client(cluster.addresses()[0], replication).await;
    client.run("CREATE TABLE ks.n (k int PRIMARY KEY, v counter)").await;
    let insert = "INSERT INTO ks.t (k, v) VALUES (1, 1)";
    let conditional = "INSERT INTO ks.t (k, v) VALUES (1, 1) IF NOT EXISTS";
    let count = "UPDATE ks.n SET v = v + 1 WHERE k = 1";
    for (level, cql, message) in [
        (Any, "SELECT key FROM system.local", "ANY ConsistencyLevel is only supported for writes"),
        (Any, count, "Consistency level ANY is not yet supported for counter table n"),
        (Serial, insert, "You must use conditional updates for serializable writes"),
        (LocalSerial, count, "Counter operations are inherently non-serializable"),
        (
            LocalSerial,
            conditional,
            "LOCAL_SERIAL is not supported as conditional update commit consistency. Use ANY if you mean \
             \"make sure it is accepted but I don't care how many replicas commit it for non-SERIAL reads\"",
        ),
        (
            EachQuorum,
            conditional,
            "consistency level EACH_QUORUM not compatible with replication strategy \
             (org.apache.cassandra.locator.SimpleStrategy)",
        ),
    ] {
        let refused = error(client.at(level, cql).await);
        assert_eq!((refused.kind, &*refused.message), (ErrorKind::Invalid, message), "{cql}");
    }
    let batch = format!("BEGIN BATCH {insert}; APPLY BATCH");
    for (level, cql) in [(Any, conditional), (Serial, &batch), (Serial, "SELECT * FROM ks.t")] {
        let answer = client.at(level, cql).await;
        assert!(!matches!(answer, Response::Error(_)), "{cql}: {answer:?}");
    }
}

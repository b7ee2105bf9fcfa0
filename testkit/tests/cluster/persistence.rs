//! Data that outlive their cluster.

use std::fs;

use helenus_testkit::{
    ClusterError, DataError, EmbeddedCluster, EmbeddedClusterBuilder, RecordFileError,
};

use crate::client::Client;
use crate::directory::Directory;

fn builder(directory: &Directory) -> EmbeddedClusterBuilder {
    EmbeddedCluster::builder().datacenter("dc1", 2).persist(directory.path("data"))
}

/// A cluster on the data, and a client in its keyspace.
async fn open(directory: &Directory) -> (EmbeddedCluster, Client) {
    let cluster = builder(directory).start().await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    client.use_keyspace().await;
    (cluster, client)
}

const EVERYTHING: [&str; 26] = [
    "CREATE TYPE address (street text, number int)",
    "CREATE TABLE t (k int, c int, s text static, v text, l list<int>, m map<text, int>, fixed frozen<set<int>>, a address, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)",
    "CREATE TABLE counts (k int PRIMARY KEY, n counter)",
    "CREATE TABLE gone (k int PRIMARY KEY)",
    "CREATE TABLE altered (k int PRIMARY KEY, a int, b int)",
    "CREATE INDEX by_v ON t (v)",
    "CREATE MATERIALIZED VIEW by_c AS SELECT k, c, v FROM t WHERE k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (c, k)",
    "INSERT INTO t (k, c, s, v, l, m, fixed, a) VALUES (1, 1, 'static', 'one', [1, 2, 3], {'a': 1, 'b': 2}, {3, 4}, {street: 'x', number: 5})",
    "INSERT INTO t (k, c, v) VALUES (1, 2, 'two') USING TTL 100000 AND TIMESTAMP 1000",
    "INSERT INTO t (k, c) VALUES (1, 3)",
    "UPDATE t SET v = 'four', l = [9] WHERE k = 1 AND c = 4",
    "UPDATE t SET l = l + [4], m['c'] = 3, a.number = 6 WHERE k = 1 AND c = 1",
    "DELETE l[0], m['a'] FROM t WHERE k = 1 AND c = 1",
    "INSERT INTO t (k, c, v) VALUES (2, 1, 'row')",
    "DELETE FROM t WHERE k = 2 AND c = 1",
    "INSERT INTO t (k, c, v) VALUES (3, 5, 'range')",
    "DELETE FROM t WHERE k = 3 AND c > 4",
    "INSERT INTO t (k, c, v) VALUES (4, 1, 'partition')",
    "DELETE FROM t WHERE k = 4",
    "BEGIN BATCH INSERT INTO t (k, c, v) VALUES (5, 1, 'batch'); INSERT INTO altered (k, a, b) VALUES (1, 2, 3); APPLY BATCH",
    "UPDATE counts SET n = n + 5 WHERE k = 1",
    "UPDATE counts SET n = n - 2 WHERE k = 1",
    "INSERT INTO t (k, c, v) VALUES (6, 1, 'condition') IF NOT EXISTS",
    "ALTER TABLE altered DROP a",
    "ALTER TABLE altered ADD a int",
    "DROP TABLE gone",
];

const LOOKS: [&str; 7] = [
    "SELECT * FROM t",
    "SELECT k, c, writetime(v), ttl(v) FROM t WHERE k = 1 AND c = 2",
    "SELECT k, c, writetime(v) FROM t WHERE k = 1",
    "SELECT k FROM t WHERE v = 'four'",
    "SELECT * FROM by_c",
    "SELECT * FROM counts",
    "SELECT * FROM altered",
];

/// All that can be seen, but for seconds that are left to live.
async fn look(client: &mut Client) -> Vec<String> {
    let mut seen = Vec::new();
    for cql in LOOKS {
        let rows = client.rows(cql).await;
        let content =
            if cql.contains("ttl") { String::new() } else { format!("{:?}", rows.content) };
        seen.push(format!("{cql}: {} {content}", rows.count));
    }
    seen
}

#[tokio::test]
async fn schema_and_rows_are_as_they_were_however_often_a_cluster_starts() {
    let directory = Directory::new();
    let (cluster, mut client) = open(&directory).await;
    assert_eq!(cluster.restored().unwrap(), Default::default());
    for cql in EVERYTHING {
        match client.query(cql).await {
            helenus_protocol::Response::Error(error) => panic!("{cql}: {error:?}"),
            _ => continue,
        }
    }
    let seen = look(&mut client).await;
    cluster.shutdown().await;
    // The first start runs the log, the second what the first made of it.
    for start in 0..3 {
        let (cluster, mut client) = open(&directory).await;
        let restored = cluster.restored().unwrap();
        assert_eq!(restored.cut_off, 0);
        assert!(restored.schema_statements >= 8 && restored.writes > 0, "{restored:?}");
        assert_eq!(look(&mut client).await, seen, "start {start}");
        assert_eq!(
            client.select::<(i32,)>("SELECT ttl(v) FROM t WHERE k = 1 AND c = 2").await.len(),
            1
        );
        // What was deleted keeps older writes out.
        for (k, c) in [(2, 1), (3, 5), (4, 1)] {
            client
                .run(&format!("INSERT INTO t (k, c, v) VALUES ({k}, {c}, 'old') USING TIMESTAMP 5"))
                .await;
        }
        client
            .run("UPDATE t USING TIMESTAMP 5 SET m['a'] = 1, l = [7] WHERE k = 1 AND c = 1")
            .await;
        assert_eq!(look(&mut client).await, seen, "start {start}");
        cluster.shutdown().await;
    }
}

#[tokio::test]
async fn what_was_dropped_leaves_nothing_behind() {
    let directory = Directory::new();
    let (cluster, mut client) = open(&directory).await;
    for round in 0..3 {
        client.run("CREATE TABLE t (k int PRIMARY KEY, v blob)").await;
        client.run("CREATE INDEX ON t (v)").await;
        for key in 0..20 {
            client
                .run(&format!("INSERT INTO t (k, v) VALUES ({key}, 0x{})", "ab".repeat(1000)))
                .await;
        }
        client.run("TRUNCATE t").await;
        client.run(&format!("INSERT INTO t (k) VALUES ({round})")).await;
        client.run(if round == 2 { "USE ks" } else { "DROP TABLE t" }).await;
    }
    client.run("CREATE KEYSPACE other WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").await;
    client.run("CREATE TABLE other.t (k int PRIMARY KEY)").await;
    client.run("DROP KEYSPACE other").await;
    cluster.shutdown().await;
    let log = directory.path("data/data.log");
    assert!(fs::metadata(&log).unwrap().len() > 60_000);
    let (cluster, mut client) = open(&directory).await;
    assert_eq!(client.select::<(i32,)>("SELECT k FROM t").await, [(2,)]);
    assert!(fs::metadata(&log).unwrap().len() < 1000);
    cluster.shutdown().await;
    let (cluster, _client) = open(&directory).await;
    assert_eq!(cluster.restored().unwrap().schema_statements, 3);
}

#[tokio::test]
async fn data_that_cannot_be_gone_on_with_are_told() {
    let directory = Directory::new();
    let (cluster, mut client) = open(&directory).await;
    client
        .run(
            "CREATE KEYSPACE far WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}",
        )
        .await;
    let error = builder(&directory).start().await.unwrap_err();
    assert!(matches!(error, ClusterError::Data(DataError::InUse { .. })), "{error}");
    cluster.shutdown().await;

    let elsewhere = EmbeddedCluster::builder().datacenter("dc9", 1).persist(directory.path("data"));
    let error = elsewhere.start().await.unwrap_err();
    assert!(matches!(error, ClusterError::Data(DataError::Statement { .. })), "{error}");
    assert!(error.to_string().contains("dc1"), "{error}");

    let log = directory.path("data/data.log");
    let whole = fs::read(&log).unwrap();
    let mut damaged = whole.clone();
    damaged[40] ^= 1;
    fs::write(&log, &damaged).unwrap();
    let error = builder(&directory).start().await.unwrap_err();
    let ClusterError::Data(DataError::File(file)) = &error else { panic!("{error}") };
    assert!(matches!(file, RecordFileError::Damaged { at: 10, .. }), "{error}");
    assert_eq!(fs::read(&log).unwrap(), damaged);
    fs::write(&log, b"something else").unwrap();
    let error = builder(&directory).start().await.unwrap_err();
    assert_eq!(error.to_string(), format!("{log} is not the data of an embedded cluster"));
    fs::write(&log, &whole).unwrap();
    open(&directory).await;

    fs::write(directory.path("file"), b"").unwrap();
    let error = EmbeddedCluster::builder().persist(directory.path("file")).start().await;
    assert!(matches!(error, Err(ClusterError::Data(DataError::File(RecordFileError::Io { .. })))));
}

//! Replicas that answer their coordinators late, or never.

use std::time::{Duration, Instant};

use helenus_protocol::{
    Batch, BatchKind, BatchStatement, Consistency, ErrorKind, QueryParameters, Request, Response,
    Statement, Values, WriteType,
};
use helenus_testkit::{EmbeddedCluster, Fault, InjectedFault};

use crate::client::{Client, V4, V5, error, parameters};

use Consistency::{All, EachQuorum, LocalQuorum, One, Quorum, Serial};

const TIMEOUT: Duration = Duration::from_millis(40);
const INSERT: &str = "INSERT INTO ks.t (k, v) VALUES (1, 1)";
const SELECT: &str = "SELECT * FROM ks.t WHERE k = 1";

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Two data centers of three nodes and two, with as many replicas.
async fn cluster() -> (EmbeddedCluster, Client) {
    let cluster = EmbeddedCluster::builder()
        .datacenter("dc1", 3)
        .datacenter("dc2", 2)
        .read_timeout(TIMEOUT)
        .write_timeout(TIMEOUT)
        .start()
        .await
        .unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    client
        .run("CREATE KEYSPACE ks WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2}")
        .await;
    client.run("CREATE TABLE ks.t (k int PRIMARY KEY, v int)").await;
    client.run("CREATE TABLE ks.n (k int PRIMARY KEY, n counter)").await;
    (cluster, client)
}

impl Client {
    /// How long a statement takes that is to succeed.
    async fn takes(&mut self, level: Consistency, cql: &str) -> Duration {
        let asked = Instant::now();
        let response = self.at(level, cql).await;
        assert!(!matches!(response, Response::Error(_)), "{level} {cql}: {response:?}");
        asked.elapsed()
    }
}

fn write_timeout(consistency: Consistency, received: i32, required: i32) -> ErrorKind {
    let write_type = WriteType::Simple;
    ErrorKind::WriteTimeout { consistency, received, required, write_type, contentions: None }
}

#[tokio::test]
async fn a_coordinator_waits_for_as_many_replicas_as_the_level_takes() {
    let (cluster, mut client) = cluster().await;
    let delay = ms(10);
    let slow: Vec<_> =
        (1..5).map(|node| cluster.nodes()[node].inject(Fault::delay(delay).as_replica())).collect();
    for cql in [INSERT, SELECT] {
        assert!(client.takes(LocalQuorum, cql).await >= delay);
        assert!(client.takes(EachQuorum, cql).await >= delay);
        // The coordinator is a replica too, and a quick one.
        client.takes(One, cql).await;
    }
    assert_eq!(slow.iter().map(InjectedFault::strikes).collect::<Vec<_>>(), [6; 4]);
    // Clients of a slow replica are not kept waiting by it.
    let mut other = Client::connect(cluster.addresses()[1]).await;
    other.rows("SELECT key FROM system.local").await;
    assert_eq!(slow[0].strikes(), 6);
}

#[tokio::test]
async fn too_few_answers_in_time_are_a_timeout_with_its_numbers() {
    let (cluster, mut client) = cluster().await;
    cluster.freeze(1).unwrap();
    cluster.freeze(2).unwrap();
    let _slow = cluster.nodes()[4].inject(Fault::delay(TIMEOUT).as_replica());
    for (level, received, required) in
        [(LocalQuorum, 1, 2), (Quorum, 2, 3), (EachQuorum, 2, 4), (All, 2, 5)]
    {
        let asked = Instant::now();
        let failed = error(client.at(level, INSERT).await);
        assert_eq!(failed.kind, write_timeout(level, received, required));
        let message = format!("Operation timed out - received only {received} responses.");
        assert_eq!(failed.message, message);
        let read =
            ErrorKind::ReadTimeout { consistency: level, received, required, data_present: true };
        assert_eq!(error(client.at(level, SELECT).await).kind, read);
        assert!(asked.elapsed() >= TIMEOUT * 2);
    }
    client.takes(One, INSERT).await;

    let far = Client::connect(cluster.addresses()[3]).await;
    let [mut far] = [far];
    let _deaf = cluster.nodes()[3].inject(Fault::drop_answers().as_replica());
    let expected = ErrorKind::ReadTimeout {
        consistency: Quorum,
        received: 1,
        required: 3,
        data_present: false,
    };
    assert_eq!(error(far.at(Quorum, SELECT).await).kind, expected);

    cluster.thaw(1).unwrap();
    client.takes(LocalQuorum, SELECT).await;
}

#[tokio::test]
async fn a_write_that_times_out_was_written_all_the_same() {
    let (cluster, mut client) = cluster().await;
    cluster.freeze(1).unwrap();
    assert_eq!(error(client.at(All, INSERT).await).kind, write_timeout(All, 4, 5));
    assert_eq!(client.rows(SELECT).await.count, 1);
}

#[tokio::test]
async fn a_timeout_says_what_the_write_was_part_of() {
    let (cluster, mut client) = cluster().await;
    cluster.freeze(4).unwrap();
    let statement =
        |cql| BatchStatement { statement: Statement::Cql(cql), values: Values::default() };
    let update = "UPDATE ks.n SET n = n + 1 WHERE k = 1";
    let other = "INSERT INTO ks.t (k, v) VALUES (2, 2)";
    for (kind, statements, expected) in [
        (BatchKind::Logged, vec![INSERT, other], WriteType::Batch),
        (BatchKind::Logged, vec![INSERT, INSERT], WriteType::Simple),
        (BatchKind::Unlogged, vec![INSERT, other], WriteType::UnloggedBatch),
        (BatchKind::Counter, vec![update], WriteType::Counter),
    ] {
        let batch = Request::Batch(Batch {
            kind,
            statements: statements.into_iter().map(statement).collect(),
            parameters: QueryParameters { consistency: All, ..parameters() },
        });
        let failed = error(client.call(&batch).await).kind;
        let ErrorKind::WriteTimeout { write_type, .. } = failed else { panic!("{failed:?}") };
        assert_eq!(write_type, expected, "{kind:?}");
    }
    let batch = format!("BEGIN BATCH {INSERT}; {other}; APPLY BATCH");
    for (cql, expected) in [
        (batch.as_str(), WriteType::Batch),
        (update, WriteType::Counter),
        (INSERT, WriteType::Simple),
    ] {
        let failed = error(client.at(All, cql).await).kind;
        assert!(
            matches!(failed, ErrorKind::WriteTimeout { write_type, .. } if write_type == expected),
            "{cql}: {failed:?}"
        );
    }
}

#[tokio::test]
async fn a_condition_that_times_out_is_not_applied_and_its_commit_is() {
    let (cluster, _) = cluster().await;
    for (version, contentions) in [(V4, None), (V5, Some(0))] {
        let mut client = Client::connect_with(cluster.addresses()[0], version, None).await;
        for node in 1..4 {
            cluster.freeze(node).unwrap();
        }
        let conditional = format!("{INSERT} IF NOT EXISTS");
        let expected = ErrorKind::WriteTimeout {
            consistency: Serial,
            received: 2,
            required: 3,
            write_type: WriteType::Cas,
            contentions,
        };
        assert_eq!(error(client.at(One, &conditional).await).kind, expected);
        assert_eq!(client.rows(SELECT).await.count, 0);
        for node in 1..3 {
            cluster.thaw(node).unwrap();
        }
        let local = QueryParameters {
            consistency: All,
            serial_consistency: Some(Consistency::LocalSerial),
            ..parameters()
        };
        let failed = error(client.query_with(&conditional, local).await).kind;
        assert_eq!(failed, write_timeout(All, 4, 5));
        assert_eq!(client.rows(SELECT).await.count, 1);
        cluster.thaw(3).unwrap();
        client.run("TRUNCATE ks.t").await;
    }
}

#[tokio::test]
async fn a_scan_waits_for_the_slowest_of_its_parts() {
    let (cluster, mut client) = cluster().await;
    client
        .run(
            "CREATE KEYSPACE one WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}",
        )
        .await;
    client.run("CREATE TABLE one.t (k int PRIMARY KEY)").await;
    let delay = ms(10);
    let slow = cluster.nodes()[2].inject(Fault::delay(delay).as_replica().matching("one.t"));
    assert!(client.takes(One, "SELECT * FROM one.t").await >= delay);
    assert_eq!(slow.strikes(), 1);
    cluster.freeze(1).unwrap();
    let expected =
        ErrorKind::ReadTimeout { consistency: One, received: 0, required: 1, data_present: false };
    assert_eq!(error(client.at(One, "SELECT * FROM one.t").await).kind, expected);
    let truncated = client.error("TRUNCATE one.t").await;
    assert_eq!(truncated.kind, ErrorKind::TruncateError);
}

//! Scripts that are loaded.

use helenus_protocol::Event;
use helenus_testkit::{EmbeddedCluster, ScriptError};

use crate::client::Client;

const SCHEMA: &str =
    "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
     USE ks;
     CREATE TABLE t (k int PRIMARY KEY, v text);";

#[tokio::test]
async fn a_script_is_run_and_clients_hear_of_its_schema() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[1]).await;
    client.register().await;
    let script = format!(
        "{SCHEMA}\nBEGIN BATCH INSERT INTO t (k, v) VALUES (1, 'a;b'); INSERT INTO t (k, v) VALUES (2, 'c'); APPLY BATCH;"
    );
    assert_eq!(cluster.load(&script).unwrap(), 4);
    assert!(matches!(client.event().await, Event::Schema(_)));
    let mut rows: Vec<(i32, String)> = client.select("SELECT k, v FROM ks.t").await;
    rows.sort();
    assert_eq!(rows, [(1, "a;b".to_owned()), (2, "c".to_owned())]);
}

#[tokio::test]
async fn the_statement_that_fails_is_named() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let script = format!("{SCHEMA}\n\nINSERT INTO t (k, w) VALUES (1, 2);\nDROP TABLE t;");
    let error = cluster.load(&script).unwrap_err();
    assert!(
        matches!(error, ScriptError::Statement { number: 4, count: 5, line: 5, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("Undefined column name w"), "{error}");
    Client::connect(cluster.addresses()[0]).await.rows("SELECT k FROM ks.t").await;

    let error = cluster.load("SELECT 'x").unwrap_err();
    assert!(matches!(error, ScriptError::NotCql { .. }), "{error}");
}

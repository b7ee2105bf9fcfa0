use helenus_protocol::{
    Batch, BatchKind, BatchStatement, BoundValues, ErrorKind, QueryParameters, Request, Response,
    Statement, Values,
};

use crate::client::{error, parameters};
use crate::one_node;

#[tokio::test]
async fn a_batch_of_texts_and_prepared_statements_is_applied_under_its_timestamp() {
    let (cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    let insert = client.prepare("INSERT INTO t (k, v) VALUES (?, ?)").await;
    let bound = BoundValues::encode(&(2, 20), &insert.metadata.columns).unwrap();
    let statements = vec![
        BatchStatement {
            statement: Statement::Cql("INSERT INTO t (k, v) VALUES (1, 10)"),
            values: Values::default(),
        },
        BatchStatement { statement: Statement::Prepared(&insert.id), values: bound.as_values() },
    ];
    let parameters = QueryParameters { timestamp: Some(77), ..parameters() };
    let batch = Request::Batch(Batch { kind: BatchKind::Logged, statements, parameters });
    assert_eq!(client.call(&batch).await, Response::Void);
    let mut found: Vec<(i32, i32, i64)> = client.select("SELECT k, v, writetime(v) FROM t").await;
    found.sort_unstable();
    assert_eq!(found, [(1, 10, 77), (2, 20, 77)]);
    let seen = cluster.nodes()[0].statements();
    assert!(seen.iter().any(|statement| &*statement.cql == "INSERT INTO t (k, v) VALUES (?, ?)"));
}

#[tokio::test]
async fn a_batch_can_be_one_statement_prepared_with_markers() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c int, v int, PRIMARY KEY (k, c))").await;
    let batch = client
        .prepare(
            "BEGIN UNLOGGED BATCH USING TIMESTAMP ? INSERT INTO t (k, c, v) VALUES (?, 1, ?); \
             UPDATE t SET v = ? WHERE k = ? AND c = 2; DELETE FROM t WHERE k = 9; APPLY BATCH",
        )
        .await;
    let names: Vec<_> = batch.metadata.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["[timestamp]", "k", "v", "v", "k"]);
    assert!(batch.metadata.partition_key.is_empty());
    assert_eq!(client.execute(&batch, &(5i64, 1, 10, 20, 1)).await, Response::Void);
    let found: Vec<(i32, i32, i64)> =
        client.select("SELECT c, v, writetime(v) FROM t WHERE k = 1").await;
    assert_eq!(found, [(1, 10, 5), (2, 20, 5)]);
}

#[tokio::test]
async fn batches_refuse_what_does_not_belong_in_them() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    client.run("CREATE TABLE c (k int PRIMARY KEY, n counter)").await;
    client.run("BEGIN COUNTER BATCH UPDATE c SET n = n + 1 WHERE k = 1; UPDATE c SET n = n + 1 WHERE k = 1 APPLY BATCH").await;
    for (cql, message) in [
        (
            "BEGIN BATCH UPDATE c SET n = n + 1 WHERE k = 1; APPLY BATCH",
            "Cannot include a counter statement in a logged batch",
        ),
        (
            "BEGIN COUNTER BATCH INSERT INTO t (k) VALUES (1); APPLY BATCH",
            "Cannot include non-counter statement in a counter batch",
        ),
    ] {
        assert_eq!(client.error(cql).await.message, message);
    }
    let statements = vec![BatchStatement {
        statement: Statement::Cql("SELECT * FROM t"),
        values: Values::default(),
    }];
    let batch =
        Request::Batch(Batch { kind: BatchKind::Logged, statements, parameters: parameters() });
    let refused = error(client.call(&batch).await);
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert_eq!(
        refused.message,
        "Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed."
    );
    let statements = vec![BatchStatement {
        statement: Statement::Prepared(&[7; 16]),
        values: Values::default(),
    }];
    let batch =
        Request::Batch(Batch { kind: BatchKind::Logged, statements, parameters: parameters() });
    assert!(matches!(error(client.call(&batch).await).kind, ErrorKind::Unprepared { .. }));
    assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
}

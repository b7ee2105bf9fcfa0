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

#[tokio::test]
async fn large_batches_are_warned_of_and_larger_ones_refused() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v text)").await;
    let batch = |kind: &str, second: i32, size: usize| {
        let value = "x".repeat(size / 2);
        format!(
            "BEGIN {kind} BATCH INSERT INTO t (k, v) VALUES (1, '{value}'); \
             INSERT INTO t (k, v) VALUES ({second}, '{value}'); APPLY BATCH"
        )
    };
    for kind in ["", "UNLOGGED"] {
        let warnings = client.warnings(&batch(kind, 2, 6 * 1024)).await;
        let [warning] = &warnings[..] else { panic!("{warnings:?}") };
        assert_eq!(
            *warning,
            "Batch for [ks.t] is of size 6284, exceeding specified threshold of 5120 by 1164."
        );
        assert!(client.warnings(&batch(kind, 2, 4 * 1024)).await.is_empty());
        let refused = client.error(&batch(kind, 2, 51 * 1024)).await;
        assert_eq!((refused.kind, &*refused.message), (ErrorKind::Invalid, "Batch too large"));
        // Of one partition it may be as large as it likes.
        assert!(client.warnings(&batch(kind, 1, 51 * 1024)).await.is_empty());
    }
}

#[tokio::test]
async fn unlogged_batches_of_many_partitions_and_logged_ones_that_are_soon_forgotten_are_warned_of()
{
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    client.run("CREATE TABLE forgotten (k int PRIMARY KEY) WITH gc_grace_seconds = 0").await;
    let batch = |kind: &str, table: &str, partitions: usize| {
        let insert = |k| format!("INSERT INTO {table} (k) VALUES ({k}); ");
        let inserts: String = (0..partitions).map(insert).collect();
        format!("BEGIN {kind} BATCH {inserts} APPLY BATCH")
    };
    assert!(client.warnings(&batch("UNLOGGED", "t", 10)).await.is_empty());
    assert!(client.warnings(&batch("", "t", 11)).await.is_empty());
    assert_eq!(
        client.warnings(&batch("UNLOGGED", "t", 11)).await,
        [
            "Unlogged batch covering 11 partitions detected against table [ks.t]. You should use a logged batch \
          for atomicity, or asynchronous writes for performance."
        ]
    );
    let warnings = client.warnings(&batch("", "forgotten", 1)).await;
    let start = "Executing a LOGGED BATCH on table [ks.forgotten], configured with a gc_grace_seconds of 0.";
    assert!(matches!(&warnings[..], [only] if only.starts_with(start)), "{warnings:?}");
}

#[tokio::test]
async fn the_size_of_a_batch_is_what_cassandra_counts() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE b (k int PRIMARY KEY, v text)").await;
    client
        .run("CREATE TABLE t (k int, c text, v text, s int static, m map<int, text>, PRIMARY KEY (k, c))")
        .await;
    client.run("CREATE TABLE n (k int PRIMARY KEY, n counter)").await;
    let long = "x".repeat(6000);
    let insert = format!("INSERT INTO b (k, v) VALUES (1, '{long}')");
    // As a node of Cassandra 5.0.6 says.
    for (tables, size, other) in [
        ("ks.b", 6153, "USING TTL 100; UPDATE b SET v = 'a' WHERE k = 2"),
        ("ks.b", 6099, "; DELETE FROM b WHERE k = 2"),
        ("ks.b", 6140, "; DELETE v FROM b WHERE k = 2"),
        ("ks.b, ks.t", 6123, "; DELETE FROM t WHERE k = 2 AND c = 'abc'"),
        (
            "ks.b, ks.t",
            6233,
            "; INSERT INTO t (k, c, v, s, m) VALUES (2, 'abc', '', 3, {1: 'one', 2: 'two'})",
        ),
    ] {
        let warnings = client.warnings(&format!("BEGIN BATCH {insert} {other}; APPLY BATCH")).await;
        let expected = format!(
            "Batch for [{tables}] is of size {size}, exceeding specified threshold of 5120 by {}.",
            size - 5120
        );
        assert_eq!(warnings, [expected], "{other}");
    }
    let count = |k| format!("UPDATE n SET n = n + 1 WHERE k = {k}; ");
    let counts: String = (0..110).map(count).collect();
    let warnings = client.warnings(&format!("BEGIN COUNTER BATCH {counts} APPLY BATCH")).await;
    assert_eq!(
        warnings[0],
        "Batch for [ks.n] is of size 11660, exceeding specified threshold of 5120 by 6540."
    );
}

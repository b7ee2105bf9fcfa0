use helenus_protocol::{BoundValues, Consistency, ErrorKind, QueryParameters, Response, Unset};

use crate::client::{error, parameters, rows, typed};
use crate::one_node;

#[tokio::test]
async fn an_insert_that_finds_a_row_shows_it() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int, w text)").await;
    let insert = "INSERT INTO t (k, v, w) VALUES (1, 1, 'x') IF NOT EXISTS";
    assert_eq!(client.select::<(bool,)>(insert).await, [(true,)]);
    let refusal = client.rows(insert).await;
    let names: Vec<_> = refusal
        .metadata
        .columns
        .as_ref()
        .unwrap()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["[applied]", "k", "v", "w"]);
    assert_eq!(typed::<(bool, i32, i32, String)>(&refusal), [(false, 1, 1, "x".to_owned())]);
}

#[tokio::test]
async fn updates_and_deletes_depend_on_what_is_there() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int, w text)").await;
    assert_eq!(
        client.select::<(bool,)>("UPDATE t SET v = 1 WHERE k = 1 IF EXISTS").await,
        [(false,)]
    );
    assert_eq!(
        client.select::<(bool,)>("UPDATE t SET v = 1 WHERE k = 1 IF v = null").await,
        [(true,)]
    );
    let refused = client.select::<(bool, i32)>("UPDATE t SET v = 2 WHERE k = 1 IF v = 7").await;
    assert_eq!(refused, [(false, 1)]);
    assert_eq!(
        client
            .select::<(bool,)>("UPDATE t SET v = 2 WHERE k = 1 IF v IN (1, 7) AND w = null")
            .await,
        [(true,)]
    );
    assert_eq!(client.select::<(bool,)>("DELETE FROM t WHERE k = 1 IF v > 1").await, [(true,)]);
    assert_eq!(client.select::<(bool,)>("DELETE FROM t WHERE k = 1 IF EXISTS").await, [(false,)]);
    assert_eq!(
        client.select::<(bool,)>("INSERT INTO t (k) VALUES (1) IF NOT EXISTS").await,
        [(true,)]
    );
    let refused = client.error("UPDATE t USING TIMESTAMP 1 SET v = 1 WHERE k = 1 IF EXISTS").await;
    assert_eq!(refused.message, "Cannot provide custom timestamp for conditional updates");
}

#[tokio::test]
async fn a_conditional_batch_is_applied_as_a_whole_or_not_at_all() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c int, v int, PRIMARY KEY (k, c))").await;
    client.run("INSERT INTO t (k, c, v) VALUES (1, 1, 1)").await;
    let refused = client
        .select::<(bool, i32, i32, i32)>(
            "BEGIN BATCH UPDATE t SET v = 9 WHERE k = 1 AND c = 1 IF v = 5; INSERT INTO t (k, c, v) VALUES (1, 2, 2); APPLY BATCH",
        )
        .await;
    assert_eq!(refused, [(false, 1, 1, 1)]);
    assert_eq!(client.rows("SELECT * FROM t").await.count, 1);
    let applied = client
        .select::<(bool,)>(
            "BEGIN BATCH UPDATE t SET v = 9 WHERE k = 1 AND c = 1 IF v = 1; INSERT INTO t (k, c, v) VALUES (1, 2, 2); APPLY BATCH",
        )
        .await;
    assert_eq!(applied, [(true,)]);
    assert_eq!(client.select::<(i32,)>("SELECT v FROM t WHERE k = 1").await, [(9,), (2,)]);
    let refused = client
        .error("BEGIN BATCH INSERT INTO t (k, c) VALUES (1, 1) IF NOT EXISTS; INSERT INTO t (k, c) VALUES (2, 1); APPLY BATCH")
        .await;
    assert_eq!(refused.message, "Batch with conditions cannot span multiple partitions");
}

#[tokio::test]
async fn what_stands_behind_a_condition_that_fails_is_not_looked_at() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int, l list<int>, m map<text, int>)").await;
    client.run("INSERT INTO t (k, v, l) VALUES (1, 1, [1])").await;
    // Cassandra looks at an element of `m` before it looks at one of `l`.
    let update = client.prepare("UPDATE t SET v = ? WHERE k = 1 IF l[?] = 1 AND m['a'] > ?").await;
    let refused = error(client.execute(&update, &(2, None::<i32>, None::<i32>)).await);
    assert_eq!(refused.message, "Invalid comparison with null for operator \">\"");
    rows(client.execute(&update, &(2, None::<i32>, 5)).await);
    assert_eq!(client.select::<(i32,)>("SELECT v FROM t").await, [(1,)]);
    client.run("UPDATE t SET m = {'a': 9} WHERE k = 1").await;
    let refused = error(client.execute(&update, &(2, None::<i32>, 5)).await);
    assert_eq!(refused.message, "Invalid null value for list element access");
}

#[tokio::test]
async fn nothing_is_read_where_nothing_is_chosen_of_the_key() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (a int, b text, v int, PRIMARY KEY ((a, b)))").await;
    let select = client.prepare("SELECT v FROM t WHERE a IN ? AND b = ?").await;
    let none = BoundValues::encode(&(Vec::<i32>::new(), Unset), &select.metadata.columns).unwrap();
    let parameters = QueryParameters { values: none.as_values(), ..parameters() };
    assert_eq!(rows(client.execute_with(&select.id, parameters).await).count, 0);
}

#[tokio::test]
async fn levels_of_conditions_and_of_other_writes_are_not_the_same() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    let wrong = QueryParameters { serial_consistency: Some(Consistency::Quorum), ..parameters() };
    let insert = "INSERT INTO t (k) VALUES (1)";
    assert_eq!(client.query_with(insert, wrong.clone()).await, Response::Void);
    let serial = QueryParameters { consistency: Consistency::Serial, ..parameters() };
    let conditional = format!("{insert} IF NOT EXISTS");
    for (cql, parameters, message) in [
        (
            &*conditional,
            wrong,
            "Invalid consistency for conditional update. Must be one of SERIAL or LOCAL_SERIAL",
        ),
        (
            &conditional,
            serial.clone(),
            "SERIAL is not supported as conditional update commit consistency. Use ANY if you mean \
             \"make sure it is accepted but I don't care how many replicas commit it for non-SERIAL reads\"",
        ),
        (insert, serial.clone(), "You must use conditional updates for serializable writes"),
    ] {
        let refused = error(client.query_with(cql, parameters).await);
        assert_eq!((refused.kind, &*refused.message), (ErrorKind::Invalid, message));
    }
    let rows = client.query_with("SELECT k FROM t", serial).await;
    assert!(matches!(rows, Response::Rows(_)));
}

use helenus_protocol::Response;

use crate::one_node;

#[tokio::test]
async fn columns_come_and_go_and_take_their_values_along() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c int, m int, PRIMARY KEY (k, c))").await;
    client.run("INSERT INTO t (k, c, m) VALUES (1, 1, 5)").await;
    client.run("ALTER TABLE t ADD (a int, z int)").await;
    client.run("UPDATE t SET a = 1, z = 9 WHERE k = 1 AND c = 1").await;
    let rows: Vec<(i32, i32, i32)> = client.select("SELECT a, m, z FROM t").await;
    assert_eq!(rows, [(1, 5, 9)]);
    client.run("ALTER TABLE t DROP m").await;
    client.run("ALTER TABLE t ADD m int").await;
    let rows: Vec<(i32, Option<i32>, i32)> = client.select("SELECT a, m, z FROM t").await;
    assert_eq!(rows, [(1, None, 9)]);
    client.run("ALTER TABLE t RENAME c TO d").await;
    let rows: Vec<(i32,)> = client.select("SELECT d FROM t WHERE k = 1 AND d = 1").await;
    assert_eq!(rows, [(1,)]);
}

#[tokio::test]
async fn statements_have_to_be_prepared_anew_and_then_see_the_column() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    client.run("INSERT INTO t (k) VALUES (1)").await;
    let select = client.prepare("SELECT * FROM t").await;
    client.run("ALTER TABLE t WITH comment = 'new'").await;
    client.run("ALTER TABLE t ADD v int").await;
    assert!(matches!(client.execute(&select, &()).await, Response::Error(_)));
    let select = client.prepare("SELECT * FROM t").await;
    assert_eq!(select.result.columns.unwrap().len(), 2);
}

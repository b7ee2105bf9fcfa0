use helenus_protocol::{Event, Response, SchemaChange, SchemaChangeKind, SchemaTarget};

use crate::client::Client;
use crate::one_node;

#[tokio::test]
async fn a_view_holds_what_its_table_holds() {
    let (_cluster, mut client) = one_node().await;
    client
        .run("CREATE TABLE t (k int, c int, v int, w text, l list<int>, PRIMARY KEY (k, c))")
        .await;
    client
        .run("CREATE MATERIALIZED VIEW by_v AS SELECT * FROM t WHERE k IS NOT NULL AND c > 1 AND v IS NOT NULL PRIMARY KEY (v, k, c)")
        .await;
    client.run("INSERT INTO t (k, c, v) VALUES (1, 1, 10)").await;
    client.run("INSERT INTO t (k, c, v, w, l) VALUES (1, 2, 10, 'a', [1, 2])").await;
    client.run("INSERT INTO t (k, c, w) VALUES (1, 3, 'no v')").await;
    type Row = (i32, i32, i32, Option<Vec<i32>>, Option<String>);
    let rows: Vec<Row> = client.select("SELECT * FROM by_v WHERE v = 10").await;
    assert_eq!(rows, [(10, 1, 2, Some(vec![1, 2]), Some("a".to_owned()))]);
    client.run("UPDATE t SET v = 20 WHERE k = 1 AND c = 2").await;
    assert_eq!(client.rows("SELECT * FROM by_v WHERE v = 10").await.count, 0);
    assert_eq!(client.rows("SELECT * FROM by_v WHERE v = 20").await.count, 1);
    let refused = client.error("DELETE FROM by_v WHERE v = 20").await;
    assert_eq!(refused.message, "Cannot directly modify a materialized view");
    client.run("DROP MATERIALIZED VIEW by_v").await;
    client.run("DROP TABLE t").await;
}

#[tokio::test]
async fn a_view_follows_its_table_s_columns() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c int, v int, PRIMARY KEY (k, c))").await;
    for (view, columns) in [("everything", "*"), ("some", "k, c, v")] {
        let cql = format!(
            "CREATE MATERIALIZED VIEW {view} AS SELECT {columns} FROM t \
             WHERE k IS NOT NULL AND c > 1 AND v IS NOT NULL PRIMARY KEY (v, k, c)"
        );
        client.run(&cql).await;
    }
    client.run("INSERT INTO t (k, c, v) VALUES (1, 2, 3)").await;
    client.run("ALTER TABLE t ADD (w text, s int static)").await;
    client.run("UPDATE t SET w = 'a' WHERE k = 1 AND c = 2").await;
    client.run("ALTER TABLE t RENAME k TO kk").await;
    let rows: Vec<(i32, i32, i32, String)> =
        client.select("SELECT v, kk, c, w FROM everything").await;
    assert_eq!(rows, [(3, 1, 2, "a".to_owned())]);
    assert_eq!(
        client.rows("SELECT * FROM everything").await.metadata.columns.map(|all| all.len()),
        Some(4)
    );
    let rows: Vec<(i32, i32, i32)> = client.select("SELECT * FROM some WHERE v = 3").await;
    assert_eq!(rows, [(3, 1, 2)]);
    let shown: Vec<(String, String)> = client
        .select(
            "SELECT view_name, where_clause FROM system_schema.views WHERE keyspace_name = 'ks'",
        )
        .await;
    let clause = "kk IS NOT NULL AND c > 1 AND v IS NOT NULL";
    let both = ["everything", "some"].map(|view| (view.to_owned(), clause.to_owned()));
    assert_eq!(shown, both);
}

#[tokio::test]
async fn a_view_of_all_columns_gets_the_new_ones() {
    let (cluster, mut client) = one_node().await;
    let mut listener = Client::connect(cluster.addresses()[0]).await;
    client.run("CREATE TABLE t (k int, c int, PRIMARY KEY (k, c))").await;
    for (view, columns) in [("every", "*"), ("some", "k, c")] {
        client
            .run(&format!(
                "CREATE MATERIALIZED VIEW {view} AS SELECT {columns} FROM t \
                 WHERE k IS NOT NULL AND c IS NOT NULL PRIMARY KEY (c, k)"
            ))
            .await;
    }
    listener.register().await;
    let changed = |table: &str| SchemaChange {
        kind: SchemaChangeKind::Updated,
        keyspace: "ks".to_owned(),
        target: SchemaTarget::Table(table.to_owned()),
    };
    let done = client.query("ALTER TABLE t ADD v text").await;
    assert_eq!(done, Response::SchemaChange(changed("t")));
    for table in ["every", "t"] {
        assert_eq!(listener.event().await, Event::Schema(changed(table)));
    }
    client.run("INSERT INTO t (k, c, v) VALUES (1, 2, 'new')").await;
    let rows: Vec<(i32, i32, String)> = client.select("SELECT * FROM every").await;
    assert_eq!(rows, [(2, 1, "new".to_owned())]);
    let rows: Vec<(i32, i32)> = client.select("SELECT * FROM some").await;
    assert_eq!(rows, [(2, 1)]);
}

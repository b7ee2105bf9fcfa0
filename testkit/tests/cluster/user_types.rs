use crate::one_node;

#[tokio::test]
async fn fields_are_written_read_and_added() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TYPE point (x int, y int)").await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, p point, f frozen<point>)").await;
    client.run("INSERT INTO t (k, p, f) VALUES (1, {x: 1, y: 2}, {y: 3})").await;
    client.run("UPDATE t SET p.x = 10 WHERE k = 1").await;
    client.run("DELETE p.y FROM t WHERE k = 1").await;
    type Fields = (Option<i32>, Option<i32>, Option<i32>, Option<i32>);
    let rows: Vec<Fields> = client.select("SELECT p.x, p.y, f.x, f.y FROM t").await;
    assert_eq!(rows, [(Some(10), None, None, Some(3))]);

    let select = client.prepare("SELECT p FROM t").await;
    client.run("ALTER TYPE point ADD z int").await;
    client.run("ALTER TYPE point RENAME x TO a").await;
    assert!(matches!(client.execute(&select, &()).await, helenus_protocol::Response::Error(_)));
    client.run("UPDATE t SET p.z = 5 WHERE k = 1").await;
    let rows: Vec<(i32, i32)> = client.select("SELECT p.a, p.z FROM t").await;
    assert_eq!(rows, [(10, 5)]);
    let refused = client.error("DROP TYPE point").await;
    assert_eq!(refused.message, "Cannot drop user type 'ks.point' as it is still used by tables t");
    client.run("DROP TABLE t").await;
    client.run("DROP TYPE point").await;
}

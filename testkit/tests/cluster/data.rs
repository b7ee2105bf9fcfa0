use helenus_protocol::{ErrorKind, Response};

use crate::client::{error, rows, typed};
use crate::one_node;

#[tokio::test]
async fn what_is_inserted_is_selected_updated_and_deleted() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c text, v int, s text static, PRIMARY KEY (k, c))").await;
    client.run("INSERT INTO t (k, c, v, s) VALUES (1, 'b', 2, 'static')").await;
    client.run("INSERT INTO t (k, c, v) VALUES (1, 'a', 1)").await;
    client.run("UPDATE t SET v = 3 WHERE k = 1 AND c = 'c'").await;
    let all: Vec<(i32, String, Option<String>, Option<i32>)> =
        client.select("SELECT * FROM t").await;
    let s = Some("static".to_owned());
    assert_eq!(
        all,
        [
            (1, "a".into(), s.clone(), Some(1)),
            (1, "b".into(), s.clone(), Some(2)),
            (1, "c".into(), s, Some(3))
        ]
    );
    client.run("DELETE FROM t WHERE k = 1 AND c >= 'b'").await;
    let left: Vec<(String,)> = client.select("SELECT c FROM t WHERE k = 1").await;
    assert_eq!(left, [("a".to_owned(),)]);
    client.run("DELETE FROM t WHERE k = 1").await;
    assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
}

#[tokio::test]
async fn a_prepared_statement_says_what_its_markers_are() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (a int, b text, c int, v blob, PRIMARY KEY ((a, b), c))").await;
    let insert = client
        .prepare("INSERT INTO t (v, b, c, a) VALUES (?, :bee, ?, ?) USING TTL ? AND TIMESTAMP ?")
        .await;
    let names: Vec<_> = insert.metadata.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["v", "bee", "c", "a", "[ttl]", "[timestamp]"]);
    assert_eq!(insert.metadata.partition_key, [3, 1]);
    assert_eq!(insert.result.column_count, 0);
    assert_eq!(insert.id.len(), 16);
    let done = client.execute(&insert, &(vec![1u8, 2], "key", 7, 5, 1000, 1_000_000_i64)).await;
    assert_eq!(done, Response::Void);

    let select = client
        .prepare("SELECT c, v, writetime(v), ttl(v) FROM t WHERE a = ? AND b = ? LIMIT ?")
        .await;
    let names: Vec<_> =
        select.result.columns.as_ref().unwrap().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["c", "v", "writetime(v)", "ttl(v)"]);
    assert_eq!(select.metadata.partition_key, [0, 1]);
    let found = rows(client.execute(&select, &(5, "key", 10)).await);
    let found: Vec<(i32, Vec<u8>, i64, i32)> = typed(&found);
    assert_eq!((found[0].0, &found[0].1[..], found[0].2), (7, &[1, 2][..], 1_000_000));
    assert!((990..=1000).contains(&found[0].3));
}

#[tokio::test]
async fn every_type_comes_back_as_it_was_bound_and_as_it_was_written() {
    let (_cluster, mut client) = one_node().await;
    let columns = [
        ("ascii", "'a'"),
        ("bigint", "-5"),
        ("blob", "0xCAFE"),
        ("boolean", "true"),
        ("date", "'2024-02-29'"),
        ("decimal", "-1.50"),
        ("double", "1e300"),
        ("duration", "1y2d3ns"),
        ("float", "NaN"),
        ("inet", "'::1'"),
        ("int", "2147483647"),
        ("smallint", "-32768"),
        ("text", "'häuschen'"),
        ("time", "'12:00:00.000000001'"),
        ("timestamp", "'2024-02-29T12:00:00Z'"),
        ("timeuuid", "a0eebc99-9c0b-1ef8-bb6d-6bb9bd380a11"),
        ("tinyint", "-1"),
        ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("varint", "-123456789012345678901234567890"),
        ("list<int>", "[3, 1, 2]"),
        ("set<text>", "{'b', 'a', 'b'}"),
        ("map<int, frozen<list<text>>>", "{2: ['x'], 1: []}"),
        ("tuple<int, text>", "(1, null)"),
        ("vector<float, 3>", "[1, 2, 3]"),
    ];
    let declared: Vec<_> =
        columns.iter().enumerate().map(|(i, (ty, _))| format!("c{i:02} {ty}")).collect();
    let names: Vec<_> = (0..columns.len()).map(|i| format!("c{i:02}")).collect();
    let literals: Vec<_> = columns.iter().map(|(_, literal)| *literal).collect();
    client.run(&format!("CREATE TABLE t (k int PRIMARY KEY, {})", declared.join(", "))).await;
    client
        .run(&format!(
            "INSERT INTO t (k, {}) VALUES (1, {})",
            names.join(", "),
            literals.join(", ")
        ))
        .await;

    // What was read is bound as it is to a second row, which then has to be the same.
    let selected = format!("SELECT {} FROM t WHERE k = ?", names.join(", "));
    let select = client.prepare(&selected).await;
    let written = rows(client.execute(&select, &(1,)).await);
    let insert =
        format!("INSERT INTO t ({}, k) VALUES ({}2)", names.join(", "), "?, ".repeat(names.len()));
    let insert = client.prepare(&insert).await;
    assert_eq!(insert.metadata.columns.len(), columns.len());
    let values = helenus_protocol::Reader::new(&written.content).remaining();
    let mut body = Vec::new();
    body.extend(u16::try_from(insert.id.len()).unwrap().to_be_bytes());
    body.extend(&insert.id[..]);
    body.extend([0, 1, 1]);
    body.extend(u16::try_from(columns.len()).unwrap().to_be_bytes());
    body.extend(values);
    assert_eq!(client.raw(10, &body).await, Response::Void);
    let bound = rows(client.execute(&select, &(2,)).await);
    assert_eq!(bound.content, written.content);

    let sorted: Vec<(Vec<i32>, Vec<String>)> =
        client.select("SELECT c19, c20 FROM t WHERE k = 1").await;
    assert_eq!(sorted, [(vec![3, 1, 2], vec!["a".to_owned(), "b".to_owned()])]);
}

#[tokio::test]
async fn bound_values_are_checked_against_their_types() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int, l list<int>)").await;
    let mut body = Vec::new();
    let cql = "INSERT INTO t (k, v) VALUES (?, ?)";
    body.extend(u32::try_from(cql.len()).unwrap().to_be_bytes());
    body.extend(cql.as_bytes());
    body.extend([0, 1, 1, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3]);
    let refused = error(client.raw(7, &body).await);
    assert_eq!(
        (refused.kind, refused.message.as_str()),
        (ErrorKind::Invalid, "Expected 4 or 0 byte int (3)")
    );
    let refused = client.error("INSERT INTO t (k, v) VALUES (1, 'x')").await;
    assert_eq!(refused.message, "Invalid STRING constant (x) for \"v\" of type int");
    let refused = client.error("INSERT INTO t (k, v) VALUES (1, ?)").await;
    assert_eq!(refused.message, "there were 1 markers(?) in CQL but 0 bound variables");
}

#[tokio::test]
async fn named_values_find_their_markers() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v text)").await;
    let mut body = Vec::new();
    let cql = "INSERT INTO t (k, v) VALUES (:key, ?)";
    body.extend(u32::try_from(cql.len()).unwrap().to_be_bytes());
    body.extend(cql.as_bytes());
    body.extend([0, 1, 0x41, 0, 2]);
    body.extend(b"\0\x01v\0\0\0\x02hi\0\x03key\0\0\0\x04\0\0\0\x07");
    assert_eq!(client.raw(7, &body).await, Response::Void);
    let found: Vec<(i32, String)> = client.select("SELECT * FROM t").await;
    assert_eq!(found, [(7, "hi".to_owned())]);
}

#[tokio::test]
async fn clustering_prefixes_ranges_in_and_reversed_order() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, a int, b int, PRIMARY KEY (k, a, b)) WITH CLUSTERING ORDER BY (a DESC, b ASC)").await;
    for (a, b) in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)] {
        client.run(&format!("INSERT INTO t (k, a, b) VALUES (0, {a}, {b})")).await;
    }
    for (restriction, expected) in [
        ("", &[(3, 1), (2, 1), (2, 2), (1, 1), (1, 2)][..]),
        ("AND a = 2", &[(2, 1), (2, 2)]),
        ("AND a > 1", &[(3, 1), (2, 1), (2, 2)]),
        ("AND a >= 1 AND a < 3", &[(2, 1), (2, 2), (1, 1), (1, 2)]),
        ("AND a = 2 AND b > 1", &[(2, 2)]),
        ("AND a IN (1, 3)", &[(3, 1), (1, 1), (1, 2)]),
        ("AND a IN (1, 2) AND b = 2", &[(2, 2), (1, 2)]),
        ("ORDER BY a ASC, b DESC", &[(1, 2), (1, 1), (2, 2), (2, 1), (3, 1)]),
        ("AND a <= 2 ORDER BY a ASC LIMIT 3", &[(1, 2), (1, 1), (2, 2)]),
        ("LIMIT 1", &[(3, 1)]),
    ] {
        let found: Vec<(i32, i32)> =
            client.select(&format!("SELECT a, b FROM t WHERE k = 0 {restriction}")).await;
        assert_eq!(found, expected, "{restriction}");
    }
    let refused = client.error("SELECT * FROM t WHERE k = 0 AND b = 1").await;
    assert_eq!(
        refused.message,
        "PRIMARY KEY column \"b\" cannot be restricted as preceding column \"a\" is not restricted"
    );
}

#[tokio::test]
async fn scans_come_in_the_order_of_the_ring_and_token_ranges_cut_it() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    for k in 0..50 {
        client.run(&format!("INSERT INTO t (k, v) VALUES ({k}, {})", k % 2)).await;
    }
    let all: Vec<(i32, i64)> = client.select("SELECT k, token(k) FROM t").await;
    assert_eq!(all.len(), 50);
    assert!(all.windows(2).all(|pair| pair[0].1 < pair[1].1));
    for (k, token) in &all {
        assert_eq!(helenus_protocol::Token::of_key(&k.to_be_bytes()).0, *token);
    }
    let middle = all[20].1;
    let below: Vec<(i64,)> =
        client.select(&format!("SELECT count(*) FROM t WHERE token(k) <= {middle}")).await;
    let above: Vec<(i64,)> = client
        .select(&format!("SELECT count(*) FROM t WHERE token(k) > token({})", all[20].0))
        .await;
    assert_eq!((below[0].0, above[0].0), (21, 29));
    let odd: Vec<(i64,)> =
        client.select("SELECT count(*) FROM t WHERE v = 1 ALLOW FILTERING").await;
    assert_eq!(odd[0].0, 25);
    let refused = client.error("SELECT * FROM t WHERE v = 1").await;
    assert!(refused.message.contains("ALLOW FILTERING"));
    let several: Vec<(i32,)> = client.select("SELECT k FROM t WHERE k IN (3, 1, 2, 1)").await;
    assert_eq!(several.len(), 3);
    let limits: Vec<(i32, i32)> = client.select("SELECT min(k), max(k) FROM t").await;
    assert_eq!(limits, [(0, 49)]);
}

#[tokio::test]
async fn the_later_timestamp_wins_whatever_comes_first() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    client.run("INSERT INTO t (k, v) VALUES (1, 20) USING TIMESTAMP 20").await;
    client.run("INSERT INTO t (k, v) VALUES (1, 10) USING TIMESTAMP 10").await;
    client.run("DELETE FROM t USING TIMESTAMP 15 WHERE k = 1").await;
    let found: Vec<(i32, i64)> = client.select("SELECT v, writetime(v) FROM t").await;
    assert_eq!(found, [(20, 20)]);
    client.run("DELETE FROM t USING TIMESTAMP 30 WHERE k = 1").await;
    client.run("UPDATE t USING TIMESTAMP 30 SET v = 1 WHERE k = 1").await;
    assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
    client.run("UPDATE t USING TIMESTAMP 31 SET v = 1 WHERE k = 1").await;
    assert_eq!(client.rows("SELECT * FROM t").await.count, 1);
    // The row exists by its cell only, and ends with it.
    client.run("DELETE v FROM t USING TIMESTAMP 32 WHERE k = 1").await;
    assert_eq!(client.rows("SELECT * FROM t").await.count, 0);
}

#[tokio::test]
async fn what_has_a_time_to_live_ends() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int) WITH default_time_to_live = 1").await;
    client.run("INSERT INTO t (k, v) VALUES (1, 1)").await;
    client.run("INSERT INTO t (k, v) VALUES (2, 2) USING TTL 0").await;
    client.run("INSERT INTO t (k, v) VALUES (3, 3) USING TTL 100").await;
    assert_eq!(client.rows("SELECT * FROM t").await.count, 3);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let left: Vec<(i32, Option<i32>)> =
        client.select("SELECT k, ttl(v) FROM t WHERE k IN (1, 2, 3)").await;
    assert_eq!(left.len(), 2);
    assert!(left.contains(&(2, None)));
    let refused = client.error("INSERT INTO t (k, v) VALUES (1, 1) USING TTL -1").await;
    assert_eq!(refused.message, "A TTL must be greater or equal to 0, but was -1");
}

#[tokio::test]
async fn counters_count() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE c (k int PRIMARY KEY, n counter)").await;
    client.run("UPDATE c SET n = n + 5 WHERE k = 1").await;
    let update = client.prepare("UPDATE c SET n = n - ? WHERE k = ?").await;
    assert_eq!(client.execute(&update, &(helenus_protocol::Counter(2), 1)).await, Response::Void);
    let found: Vec<(i32, helenus_protocol::Counter)> = client.select("SELECT * FROM c").await;
    assert_eq!(found, [(1, helenus_protocol::Counter(3))]);
    let refused = client.error("INSERT INTO c (k, n) VALUES (1, 1)").await;
    assert_eq!(
        refused.message,
        "INSERT statements are not allowed on counter tables, use UPDATE instead"
    );
    let refused = client.error("UPDATE c SET n = 1 WHERE k = 1").await;
    assert!(refused.message.starts_with("Cannot set the value of counter column n"));
}

#[tokio::test]
async fn statics_are_shared_and_show_without_rows() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c int, s text static, v int, PRIMARY KEY (k, c))").await;
    client.run("UPDATE t SET s = 'only' WHERE k = 1").await;
    let found: Vec<(i32, Option<i32>, String, Option<i32>)> =
        client.select("SELECT * FROM t").await;
    assert_eq!(found, [(1, None, "only".to_owned(), None)]);
    client.run("INSERT INTO t (k, c, v) VALUES (1, 1, 1)").await;
    client.run("INSERT INTO t (k, c, v) VALUES (1, 2, 2)").await;
    let distinct: Vec<(i32, String)> = client.select("SELECT DISTINCT k, s FROM t").await;
    assert_eq!(distinct, [(1, "only".to_owned())]);
    assert_eq!(client.rows("SELECT * FROM t WHERE k = 1").await.count, 2);
    assert_eq!(client.rows("SELECT * FROM t PER PARTITION LIMIT 1").await.count, 1);
}

#[tokio::test]
async fn nulls_unset_values_and_functions() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int, u uuid, at timestamp)").await;
    client.run("INSERT INTO t (k, v, u, at) VALUES (1, 1, now(), toTimestamp(now()))").await;
    let update = client.prepare("UPDATE t SET v = ?, u = ? WHERE k = 1").await;
    assert_eq!(
        client.execute(&update, &(helenus_protocol::Unset, None::<uuid::Uuid>)).await,
        Response::Void
    );
    let found: Vec<(Option<i32>, Option<uuid::Uuid>, Option<helenus_protocol::CqlTimestamp>)> =
        client.select("SELECT v, u, at FROM t").await;
    assert_eq!((found[0].0, found[0].1), (Some(1), None));
    assert!(found[0].2.is_some());
    let names = client
        .rows("SELECT now(), toTimestamp(now()), count(*) FROM t")
        .await
        .metadata
        .columns
        .unwrap();
    let names: Vec<_> = names.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["system.now()", "system.totimestamp(system.now())", "count"]);
    let refused = client.error("SELECT * FROM t WHERE k = null").await;
    assert_eq!(refused.message, "Invalid null value in condition for column k");
}

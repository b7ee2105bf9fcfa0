use std::collections::{BTreeMap, BTreeSet};

use helenus_protocol::ErrorKind;

use crate::one_node;

type Row = (Vec<i32>, BTreeSet<String>, BTreeMap<String, i32>);

#[tokio::test]
async fn elements_are_written_and_deleted_one_by_one() {
    let (_cluster, mut client) = one_node().await;
    client
        .run("CREATE TABLE t (k int PRIMARY KEY, l list<int>, s set<text>, m map<text, int>)")
        .await;
    client.run("INSERT INTO t (k, l, s, m) VALUES (1, [1, 2], {'b', 'a'}, {'x': 1})").await;
    for cql in [
        "UPDATE t SET l = l + [3], s = s + {'c'}, m = m + {'y': 2} WHERE k = 1",
        "UPDATE t SET l = [-1, 0] + l WHERE k = 1",
        "UPDATE t SET l[2] = 10, m['x'] = 100 WHERE k = 1",
        "UPDATE t SET l = l - [0], s = s - {'a'} WHERE k = 1",
        "DELETE l[0], s['c'], m['y'] FROM t WHERE k = 1",
    ] {
        client.run(cql).await;
    }
    let rows: Vec<Row> = client.select("SELECT l, s, m FROM t").await;
    let set = BTreeSet::from(["b".to_owned()]);
    assert_eq!(rows, [(vec![10, 2, 3], set, BTreeMap::from([("x".to_owned(), 100)]))]);
}

#[tokio::test]
async fn later_elements_survive_an_earlier_overwrite_and_times_count_for_each() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, m map<text, int>)").await;
    client.run("UPDATE t USING TIMESTAMP 20 SET m['new'] = 1 WHERE k = 1").await;
    client.run("UPDATE t USING TIMESTAMP 5 SET m['old'] = 1 WHERE k = 1").await;
    client.run("UPDATE t USING TIMESTAMP 10 SET m = {'all': 1} WHERE k = 1").await;
    let rows: Vec<(BTreeMap<String, i32>, Vec<i64>, i64, i64)> =
        client.select("SELECT m, writetime(m), maxwritetime(m), writetime(m['all']) FROM t").await;
    let map = BTreeMap::from([("all".to_owned(), 1), ("new".to_owned(), 1)]);
    assert_eq!(rows, [(map, vec![10, 20], 20, 10)]);
}

#[tokio::test]
async fn a_list_s_index_has_to_be_there() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, l list<int>)").await;
    client.run("INSERT INTO t (k, l) VALUES (1, [1, 2])").await;
    for (cql, message) in [
        ("UPDATE t SET l[2] = 1 WHERE k = 1", "List index 2 out of bound, list has size 2"),
        (
            "UPDATE t SET l[0] = 1 WHERE k = 2",
            "Attempted to set an element on a list which is null",
        ),
        (
            "DELETE l[0] FROM t WHERE k = 2",
            "Attempted to delete an element from a list which is null",
        ),
    ] {
        let refused = client.error(cql).await;
        assert_eq!(
            (refused.kind, refused.message.as_str()),
            (ErrorKind::Invalid, message),
            "{cql}"
        );
    }
}

#[tokio::test]
async fn conditions_look_at_elements() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, l list<int>, m map<text, int>, v int)").await;
    client.run("INSERT INTO t (k, l, m) VALUES (1, [1, 2], {'x': 1})").await;
    for (condition, holds) in [
        ("l[0] = 1", true),
        ("l[1] IN (3, 4)", false),
        ("m['x'] >= 1", true),
        ("m['y'] = 1", false),
        ("m CONTAINS KEY 'x'", true),
        ("l = [1, 2]", true),
    ] {
        let cql = format!("UPDATE t SET v = 1 WHERE k = 1 IF {condition}");
        let rows = client.rows(&cql).await;
        assert_eq!(rows.content[4] == 1, holds, "{cql}");
    }
}

use crate::client::{parameters, rows};
use crate::one_node;
use helenus_protocol::QueryParameters;

#[tokio::test]
async fn groups_are_counted_and_paged() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c int, d int, v int, PRIMARY KEY (k, c, d))").await;
    for row in 0..40 {
        let cql =
            format!("INSERT INTO t (k, c, d, v) VALUES ({}, {}, {row}, {row})", row % 2, row % 4);
        client.run(&cql).await;
    }
    let groups: Vec<(i32, i64, i32, i32)> =
        client.select("SELECT c, count(*), min(v), sum(v) FROM t WHERE k = 1 GROUP BY c").await;
    assert_eq!(groups, [(1, 10, 1, 190), (3, 10, 3, 210)]);
    let cql = "SELECT k, c, count(*) FROM t GROUP BY k, c";
    let (mut state, mut pages) = (None, Vec::new());
    loop {
        let parameters =
            QueryParameters { page_size: Some(3), paging_state: state.as_deref(), ..parameters() };
        let page = rows(client.query_with(cql, parameters).await);
        pages.push(page.count);
        state = page.metadata.paging_state;
        if state.is_none() {
            break;
        }
    }
    assert_eq!(pages, [3, 1]);
}

#[tokio::test]
async fn slices_of_several_columns_go_by_their_directions() {
    let (_cluster, mut client) = one_node().await;
    client
        .run("CREATE TABLE t (k int, a int, b int, PRIMARY KEY (k, a, b)) WITH CLUSTERING ORDER BY (a DESC, b ASC)")
        .await;
    for (a, b) in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)] {
        client.run(&format!("INSERT INTO t (k, a, b) VALUES (1, {a}, {b})")).await;
    }
    for (relation, found) in [
        ("(a, b) > (1, 1)", vec![(3, 1), (2, 1), (2, 2), (1, 2)]),
        ("(a, b) >= (2, 1) AND (a, b) < (3, 1)", vec![(2, 1), (2, 2)]),
        ("(a, b) IN ((1, 2), (3, 1))", vec![(3, 1), (1, 2)]),
        ("(a) < (2)", vec![(1, 1), (1, 2)]),
    ] {
        let cql = format!("SELECT a, b FROM t WHERE k = 1 AND {relation}");
        assert_eq!(client.select::<(i32, i32)>(&cql).await, found, "{cql}");
    }
    client.run("DELETE FROM t WHERE k = 1 AND (a, b) > (1, 1)").await;
    assert_eq!(client.select::<(i32, i32)>("SELECT a, b FROM t").await, [(1, 1)]);
}

#[tokio::test]
async fn json_goes_in_and_comes_out() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, \"V\" text, m map<int, double>)").await;
    let json = r#"{"k": 1, "\"V\"": "it's", "m": {"1": 1.5, "2": -2.0}}"#;
    client.run(&format!("INSERT INTO t JSON '{}'", json.replace('\'', "''"))).await;
    assert_eq!(client.select::<(String,)>("SELECT JSON * FROM t").await, [(json.to_owned(),)]);
    let insert = client.prepare("INSERT INTO t JSON ? DEFAULT UNSET").await;
    client.execute(&insert, &(r#"{"k": 1, "m": null}"#,)).await;
    let json = r#"{"k": 1, "\"V\"": "it's", "m": null}"#;
    assert_eq!(client.select::<(String,)>("SELECT JSON * FROM t").await, [(json.to_owned(),)]);
}

#[tokio::test]
async fn an_index_answers_and_vectors_are_near() {
    let (_cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY, v int, e vector<float, 2>)").await;
    client.run("CREATE INDEX ON t (v)").await;
    client.run("CREATE INDEX ON t (e) USING 'sai'").await;
    for (k, e) in [(1, "[1, 0]"), (2, "[0, 1]"), (3, "[0.9, 0.1]")] {
        client.run(&format!("INSERT INTO t (k, v, e) VALUES ({k}, {}, {e})", k % 2)).await;
    }
    let mut odd: Vec<(i32,)> = client.select("SELECT k FROM t WHERE v = 1").await;
    odd.sort_unstable();
    assert_eq!(odd, [(1,), (3,)]);
    let near = "SELECT k FROM t ORDER BY e ANN OF [1, 0] LIMIT 2";
    assert_eq!(client.select::<(i32,)>(near).await, [(1,), (3,)]);
}

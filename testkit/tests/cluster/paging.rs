use bytes::Bytes;
use helenus_protocol::{ErrorKind, QueryParameters, Response};

use crate::client::{Client, error, parameters, rows, typed};
use crate::one_node;

async fn page(
    client: &mut Client,
    cql: &str,
    size: i32,
    state: Option<&Bytes>,
) -> (Vec<i32>, Option<Bytes>) {
    let parameters = QueryParameters {
        page_size: Some(size),
        paging_state: state.map(AsRef::as_ref),
        ..parameters()
    };
    let page = rows(client.query_with(cql, parameters).await);
    (typed(&page).into_iter().map(|(c,): (i32,)| c).collect(), page.metadata.paging_state)
}

async fn pages(client: &mut Client, cql: &str, size: i32) -> Vec<Vec<i32>> {
    let mut pages = Vec::new();
    let mut state = None;
    loop {
        let (rows, next) = page(client, cql, size, state.as_ref()).await;
        pages.push(rows);
        state = next;
        if state.is_none() {
            return pages;
        }
    }
}

async fn table_of_ten() -> (helenus_testkit::EmbeddedCluster, Client) {
    let (cluster, mut client) = one_node().await;
    client.run("CREATE TABLE t (k int, c int, PRIMARY KEY (k, c))").await;
    for c in 0..10 {
        client.run(&format!("INSERT INTO t (k, c) VALUES (0, {c})")).await;
        client.run(&format!("INSERT INTO t (k, c) VALUES ({}, {})", c / 3 + 1, c + 100)).await;
    }
    (cluster, client)
}

#[tokio::test]
async fn pages_follow_each_other_and_an_exact_multiple_ends_with_an_empty_one() {
    let (_cluster, mut client) = table_of_ten().await;
    let partition = "SELECT c FROM t WHERE k = 0";
    assert_eq!(
        pages(&mut client, partition, 4).await,
        [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]
    );
    let sizes: Vec<_> = pages(&mut client, partition, 5).await.iter().map(Vec::len).collect();
    assert_eq!(sizes, [5, 5, 0]);
    let reversed = pages(&mut client, "SELECT c FROM t WHERE k = 0 ORDER BY c DESC", 4).await;
    assert_eq!(reversed, [vec![9, 8, 7, 6], vec![5, 4, 3, 2], vec![1, 0]]);
    let limited = pages(&mut client, "SELECT c FROM t WHERE k = 0 LIMIT 6", 3).await;
    assert_eq!(limited, [vec![0, 1, 2], vec![3, 4, 5]]);
}

#[tokio::test]
async fn pages_cross_partitions() {
    let (_cluster, mut client) = table_of_ten().await;
    for cql in [
        "SELECT c FROM t",
        "SELECT c FROM t WHERE k IN (0, 1, 2, 3)",
        "SELECT c FROM t WHERE token(k) > -9223372036854775808",
        "SELECT c FROM t PER PARTITION LIMIT 2",
        "SELECT c FROM t WHERE c > 3 ALLOW FILTERING",
    ] {
        let (all, _) = page(&mut client, cql, 1000, None).await;
        for size in 1..=7 {
            assert_eq!(pages(&mut client, cql, size).await.concat(), all, "{cql} by {size}");
        }
    }
}

#[tokio::test]
async fn rows_written_between_pages_neither_repeat_nor_hide_others() {
    let (_cluster, mut client) = table_of_ten().await;
    let cql = "SELECT c FROM t WHERE k = 0";
    let (first, state) = page(&mut client, cql, 5, None).await;
    client.run("INSERT INTO t (k, c) VALUES (0, -1)").await;
    client.run("DELETE FROM t WHERE k = 0 AND c = 4").await;
    let (second, _) = page(&mut client, cql, 100, state.as_ref()).await;
    assert_eq!([first, second].concat(), (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn bad_paging_states_and_sizes_are_protocol_errors() {
    let (_cluster, mut client) = table_of_ten().await;
    let (_, state) = page(&mut client, "SELECT c FROM t", 3, None).await;
    let mut damaged = state.unwrap().to_vec();
    damaged[10] ^= 1;
    for state in [&b""[..], b"garbage", &[0xFF; 100], &damaged] {
        let parameters = QueryParameters { paging_state: Some(state), ..parameters() };
        let refused = error(client.query_with("SELECT c FROM t", parameters).await);
        assert_eq!(refused.kind, ErrorKind::ProtocolError);
    }
    client.run("CREATE TABLE other (k int PRIMARY KEY, c int)").await;
    let (_, state) = page(&mut client, "SELECT c FROM t", 3, None).await;
    let parameters = || QueryParameters { paging_state: state.as_deref(), ..parameters() };
    let refused = error(client.query_with("SELECT c FROM other", parameters()).await);
    assert_eq!(refused.kind, ErrorKind::ProtocolError);
    let parameters = QueryParameters { page_size: Some(0), ..parameters() };
    let refused = client.query_with("SELECT c FROM t", parameters).await;
    assert!(matches!(refused, Response::Error(error) if error.kind == ErrorKind::ProtocolError));
}

#[tokio::test]
async fn the_state_of_another_statement_leads_to_no_row_out_of_bounds() {
    let (_cluster, mut client) = table_of_ten().await;
    let (_, state) = page(&mut client, "SELECT c FROM t", 3, None).await;
    let last = "SELECT c FROM t WHERE token(k) > 9223372036854775806";
    assert_eq!(page(&mut client, last, 100, state.as_ref()).await, (Vec::new(), None));
    let (few, _) = page(&mut client, "SELECT c FROM t LIMIT 2", 100, state.as_ref()).await;
    assert_eq!(few.len(), 2);
}

#[tokio::test]
async fn rows_of_several_partitions_in_one_order_have_no_pages_unless_there_are_none() {
    let (_cluster, mut client) = table_of_ten().await;
    let paged = |size| QueryParameters { page_size: Some(size), ..parameters() };
    let of_two = "SELECT c FROM t WHERE k IN (0, 1) AND c > 5 AND c <";
    for cql in [
        "SELECT c FROM t WHERE k IN (0, 1) ORDER BY c".to_owned(),
        format!("{of_two} 8 ORDER BY c"),
        "SELECT count(*) FROM t WHERE k IN (0, 1) AND c > 5 AND c < 2 ORDER BY c".to_owned(),
    ] {
        let refused = error(client.query_with(&cql, paged(3)).await);
        assert_eq!(refused.kind, ErrorKind::Invalid, "{cql}");
    }
    for cql in [format!("{of_two} 2 ORDER BY c"), "SELECT c FROM t WHERE k IN () ORDER BY c".into()]
    {
        assert_eq!(pages(&mut client, &cql, 3).await, [vec![0; 0]], "{cql}");
    }
}

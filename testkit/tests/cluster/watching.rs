use std::time::Duration;

use helenus_protocol::{Consistency, QueryParameters};
use helenus_testkit::{EmbeddedCluster, StatementKind};

use crate::client::{Client, parameters};

const CQL: &str = "SELECT key FROM system.local";
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn every_statement_is_seen_where_it_came_from_which_way_and_when() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let [first, second] = cluster.addresses()[..] else { panic!() };
    let mut on_second = Client::connect(second).await;
    let mut on_first = Client::connect(first).await;
    on_second.query(CQL).await;
    let quorum = QueryParameters { consistency: Consistency::Quorum, ..parameters() };
    on_first.query_with(CQL, quorum).await;
    on_second.query(CQL).await;
    let seen = cluster.statements();
    let nodes: Vec<_> = seen.iter().map(|statement| statement.node).collect();
    assert_eq!(nodes, [second, first, second]);
    assert!(seen.is_sorted_by_key(|statement| statement.at));
    assert_eq!(seen[1].client, on_first.stream.local_addr().unwrap());
    assert_eq!((&*seen[1].cql, seen[1].kind), (CQL, StatementKind::Simple));
    assert_eq!(seen[1].consistency, Consistency::Quorum);
    cluster.forget_statements();
    assert!(cluster.statements().is_empty());
}

#[tokio::test]
async fn a_condition_is_waited_for() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let address = cluster.addresses()[0];
    let asking = tokio::spawn(async move { Client::connect(address).await.query(CQL).await });
    cluster.wait_until(LONG, |cluster| cluster.statements().len() == 1).await.unwrap();
    asking.await.unwrap();
    cluster.wait_until(LONG, |cluster| cluster.nodes()[0].connections() == 0).await.unwrap();
}

#[tokio::test]
async fn a_condition_that_does_not_come_about_tells_what_was_seen_instead() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    for _ in 0..25 {
        client.query(CQL).await;
    }
    cluster.stop(1).await.unwrap();
    let waited = cluster.wait_until(Duration::from_millis(5), |_| false).await;
    let told = format!("{:?}", waited.unwrap_err());
    let [first, second] = cluster.addresses()[..] else { panic!() };
    let local = client.stream.local_addr().unwrap();
    for part in [
        format!("{first} in datacenter1 is up, connections: 1, requests: 25"),
        format!("{second} in datacenter1 is down, connections: 0, requests: 0"),
        "(5 earlier statements)".to_owned(),
        format!("{local} -> {first} LOCAL_ONE Simple: {CQL}"),
    ] {
        assert!(told.contains(&part), "{part}\nnot in\n{told}");
    }
}

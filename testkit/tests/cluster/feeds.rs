//! Requests that are watched as they come.

use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Watched};

use crate::client::Client;

const CQL: &str = "SELECT key FROM system.local";

#[tokio::test]
async fn every_request_is_told_in_order_until_the_cluster_ends() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut feed = cluster.watch();
    for address in cluster.addresses() {
        Client::connect(address).await.rows(CQL).await;
    }
    let mut seen = Vec::new();
    for _ in 0..4 {
        let Some(Watched::Request(request)) = feed.next().await else { panic!("no request") };
        seen.push((request.node, request.opcode));
    }
    let expected = cluster.addresses();
    let both = |node| [(node, Opcode::Startup), (node, Opcode::Query)];
    assert_eq!(seen, [both(expected[0]), both(expected[1])].concat());
    cluster.shutdown().await;
    assert!(feed.next().await.is_none());
}

#[tokio::test]
async fn a_reader_that_is_slow_is_told_what_it_missed() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut feed = cluster.watch();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    for _ in 0..5000 {
        client.query(CQL).await;
    }
    let (mut told, mut missed) = (0, 0);
    cluster.shutdown().await;
    while let Some(watched) = feed.next().await {
        match watched {
            Watched::Missed(requests) => missed += requests,
            _ => told += 1,
        }
    }
    assert_eq!((told, missed), (4096, 905));
}

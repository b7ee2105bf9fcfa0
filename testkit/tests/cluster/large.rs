//! Clusters and schemas as large as planning is tested with.

use std::net::IpAddr;

use helenus_protocol::{QueryParameters, Rows};
use helenus_testkit::{EmbeddedCluster, Node};

use crate::client::{Client, parameters, rows};

impl Client {
    /// How many rows a query gives, page by page.
    async fn count_in_pages(&mut self, cql: &str, page_size: i32) -> (usize, usize) {
        let (mut count, mut pages, mut state) = (0, 0, None::<bytes::Bytes>);
        loop {
            let parameters = QueryParameters {
                page_size: Some(page_size),
                paging_state: state.as_deref(),
                ..parameters()
            };
            let page: Rows = rows(self.query_with(cql, parameters).await);
            (count, pages, state) = (count + page.count, pages + 1, page.metadata.paging_state);
            if state.is_none() {
                return (count, pages);
            }
        }
    }
}

#[tokio::test]
async fn a_thousand_nodes_are_one_process_and_each_other_s_peers() {
    let cluster = EmbeddedCluster::builder()
        .datacenter("dc1", 500)
        .datacenter("dc2", 500)
        .racks(5)
        .tokens_per_node(256)
        .start()
        .await
        .unwrap();
    let nodes = cluster.nodes();
    assert_eq!(nodes.iter().flat_map(Node::tokens).count(), 256_000);
    let mut client = Client::connect(nodes[999].address()).await;
    let peers = "SELECT native_address, data_center, rack, tokens FROM system.peers_v2";
    let known: Vec<(IpAddr, String, String, Vec<String>)> = client.select(peers).await;
    assert_eq!(known.len(), 999);
    assert!(known.iter().all(|(.., tokens)| tokens.len() == 256));
    assert_eq!(client.count_in_pages(peers, 100).await, (999, 10));
    for index in [0, 499, 500] {
        let mut other = Client::connect(nodes[index].address()).await;
        assert_eq!(other.rows("SELECT peer FROM system.peers").await.count, 999);
    }
    cluster.shutdown().await;
}

#[tokio::test]
async fn ten_thousand_tables_are_read_in_pages_without_being_computed_for_each() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    for keyspace in 0..100 {
        client
            .run(&format!(
                "CREATE KEYSPACE ks{keyspace} WITH replication = \
                 {{'class': 'SimpleStrategy', 'replication_factor': 1}}"
            ))
            .await;
        for table in 0..100 {
            let columns = "k int PRIMARY KEY, v text, w double";
            client.run(&format!("CREATE TABLE ks{keyspace}.t{table} ({columns})")).await;
        }
    }
    let only_ours = "SELECT keyspace_name FROM system_schema.";
    let (tables, pages) = client.count_in_pages(&format!("{only_ours}tables"), 100).await;
    assert!((10_000..10_050).contains(&tables), "{tables}");
    assert_eq!(pages, tables / 100 + 1);
    let (columns, pages) = client.count_in_pages(&format!("{only_ours}columns"), 100).await;
    assert!(columns > 30_000 && pages > 300, "{columns} columns, {pages} pages");
}

use std::collections::HashSet;
use std::net::IpAddr;

use helenus_protocol::Response;
use helenus_testkit::EmbeddedCluster;
use uuid::Uuid;

use crate::client::{Client, rows, typed};

#[tokio::test]
async fn a_node_knows_itself_and_all_its_peers_but_is_not_its_own() {
    let cluster = EmbeddedCluster::builder()
        .datacenter("dc1", 2)
        .datacenter("dc2", 2)
        .racks(2)
        .start()
        .await
        .unwrap();
    let mut all_tokens = HashSet::new();
    for node in cluster.nodes() {
        let mut client = Client::connect(node.address()).await;
        let local: Vec<(Uuid, String, String, Vec<String>, IpAddr, IpAddr)> = client
            .select("SELECT host_id, data_center, rack, tokens, rpc_address, broadcast_address FROM system.local WHERE key='local'")
            .await;
        let (host_id, datacenter, rack, tokens, rpc, broadcast) = &local[0];
        assert_eq!(
            (*host_id, datacenter.as_str(), rack.as_str()),
            (node.host_id(), node.datacenter(), node.rack())
        );
        assert_eq!((*rpc, *broadcast), (node.address().ip(), node.address().ip()));
        assert_eq!(tokens.len(), 16);
        all_tokens.extend(tokens.iter().cloned());
        let peers: Vec<(IpAddr, Uuid, IpAddr, String, Vec<String>, Uuid, String)> = client
            .select("SELECT peer, host_id, rpc_address, data_center, tokens, schema_version, release_version FROM system.peers")
            .await;
        assert_eq!(peers.len(), 3);
        assert!(
            peers
                .iter()
                .all(|peer| peer.1 != node.host_id() && peer.4.len() == 16 && peer.6 == "5.0.6")
        );
        let natives: Vec<(IpAddr, i32, Uuid)> =
            client.select("SELECT native_address, native_port, host_id FROM system.peers_v2").await;
        assert!(natives.iter().all(|native| native.1 == 9042 && native.2 != node.host_id()));
        let of_peer =
            client.rows(&format!("SELECT * FROM system.peers WHERE peer = '{}'", peers[0].0)).await;
        assert_eq!(of_peer.count, 1);
    }
    assert_eq!(all_tokens.len(), 64);
    assert_eq!(
        cluster.nodes().iter().map(helenus_testkit::Node::rack).collect::<Vec<_>>(),
        ["rack1", "rack2", "rack1", "rack2"]
    );
}

#[tokio::test]
async fn what_drivers_ask_at_connect_is_answered_simple_and_prepared() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    let queries = [
        "SELECT * FROM system.local WHERE key='local'",
        "select * from system.local where key = 'local';",
        "SELECT cluster_name FROM system.local",
        "SELECT schema_version FROM system.local WHERE key='local'",
        "SELECT * FROM system.peers_v2",
        "SELECT * FROM system.peers",
        "SELECT host_id, rpc_address, data_center, rack, tokens FROM system.peers",
        "SELECT host_id, rpc_address, data_center, rack, tokens, cluster_name FROM system.local WHERE key='local'",
        "SELECT * FROM system_schema.keyspaces",
        "SELECT * FROM system_schema.tables",
        "SELECT * FROM system_schema.columns",
        "SELECT * from system_virtual_schema.keyspaces",
        "SELECT * from system_virtual_schema.tables",
        "SELECT * from system_virtual_schema.columns",
        "SELECT keyspace_name, table_name FROM system_schema.tables",
        "select keyspace_name, table_name, column_name, kind, position, type from system_schema.columns",
    ];
    let empty = [
        "SELECT * FROM system_schema.types",
        "SELECT * FROM system_schema.functions",
        "SELECT * FROM system_schema.aggregates",
        "SELECT * FROM system_schema.triggers",
        "SELECT * FROM system_schema.indexes",
        "SELECT * FROM system_schema.views",
        "SELECT keyspace_name, type_name, field_names, field_types FROM system_schema.types",
        "SELECT keyspace_name, view_name, base_table_name FROM system_schema.views WHERE keyspace_name = 'none'",
    ];
    for (cql, has_rows) in
        queries.iter().map(|cql| (cql, true)).chain(empty.iter().map(|cql| (cql, false)))
    {
        let simple = client.rows(cql).await;
        assert_eq!(simple.count > 0, has_rows, "{cql}");
        let prepared = client.prepare(cql).await;
        let executed = rows(client.execute(&prepared, &()).await);
        assert_eq!(executed.count, simple.count, "{cql}");
        assert_eq!(prepared.result.columns, simple.metadata.columns, "{cql}");
    }
    for absent in [
        "SELECT * FROM system_schema.scylla_tables",
        "SELECT * FROM system_schema.scylla_keyspaces",
    ] {
        assert!(
            matches!(client.query(absent).await, Response::Error(error) if error.kind == helenus_protocol::ErrorKind::Invalid)
        );
    }
}

#[tokio::test]
async fn the_virtual_schema_is_kept_apart() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    let names = |rows: &helenus_protocol::Rows| -> Vec<String> {
        typed::<(String,)>(rows).into_iter().map(|(name,)| name).collect()
    };
    let mut stored = names(&client.rows("SELECT keyspace_name FROM system_schema.keyspaces").await);
    stored.sort();
    assert_eq!(
        stored,
        ["system", "system_auth", "system_distributed", "system_schema", "system_traces"]
    );
    let mut computed =
        names(&client.rows("SELECT keyspace_name FROM system_virtual_schema.keyspaces").await);
    computed.sort();
    assert_eq!(computed, ["system_views", "system_virtual_schema"]);
}

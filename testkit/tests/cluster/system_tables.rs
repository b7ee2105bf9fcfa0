use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use helenus_protocol::{Request, Response, Startup};
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

#[tokio::test]
async fn a_node_shows_the_clients_that_have_greeted_it() {
    let builder = EmbeddedCluster::builder().authentication("ada", "lovelace");
    let cluster = builder.start().await.unwrap();
    let address = cluster.addresses()[0];
    let mut silent = Client::open(address).await;
    silent.call(&Request::Options).await;
    let mut half = Client::open(address).await;
    let startup = Startup::new(None).with("DRIVER_NAME", "d").with("DRIVER_VERSION", "7");
    half.call(&Request::Startup(startup)).await;
    let mut client = Client::open(address).await;
    client.log_in("ada", "lovelace").await;
    client.run("USE system").await;
    type Shown = (String, String, Option<String>, Option<String>, Option<String>, i32, i64);
    let cql = "SELECT connection_stage, hostname, username, driver_name, keyspace_name, protocol_version, request_count FROM system_views.clients";
    let mut shown: Vec<Shown> = client.select(cql).await;
    shown.sort();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(
        shown,
        [
            ("authenticating".into(), "localhost".into(), None, name("d"), None, 4, 1),
            ("ready".into(), "localhost".into(), name("ada"), None, name("system"), 4, 4),
        ]
    );
    let options = "SELECT client_options, ssl_enabled FROM system_views.clients";
    let options: Vec<(BTreeMap<String, String>, bool)> = client.select(options).await;
    let versions = options.iter().filter_map(|(options, _)| options.get("DRIVER_VERSION"));
    assert_eq!(versions.collect::<Vec<_>>(), ["7"]);
    assert!(options.iter().all(|(_, is_encrypted)| !is_encrypted));
    drop(half);
    let has_gone = |cluster: &EmbeddedCluster| cluster.nodes()[0].connections() == 2;
    cluster.wait_until(Duration::from_secs(10), has_gone).await.unwrap();
    assert_eq!(client.rows(cql).await.count, 1);
}

#[tokio::test]
async fn what_a_node_tells_can_be_overwritten_until_it_restarts() {
    let cluster = EmbeddedCluster::start(3).await.unwrap();
    let [first, second, third] = cluster.addresses()[..] else { panic!("three nodes") };
    let mut client = Client::connect(first).await;
    type Peer = (Option<IpAddr>, Option<Vec<String>>);
    let peer = |of| format!("SELECT rpc_address, tokens FROM system.peers WHERE peer = '{of}'");
    let before: Vec<Peer> = client.select(&peer(third.ip())).await;
    assert_eq!(before[0].0, Some(third.ip()));
    let update = format!(
        "UPDATE system.peers SET rpc_address = null, tokens = null WHERE peer = '{}'",
        third.ip()
    );
    client.run(&update).await;
    client.run("INSERT INTO system.peers (peer, rack) VALUES ('127.255.0.1', 'r')").await;
    client.run("DELETE FROM system.local WHERE key = 'local'").await;
    let after: Vec<Peer> = client.select(&peer(third.ip())).await;
    assert_eq!(after, [(None, None)]);
    assert_eq!(client.rows("SELECT peer FROM system.peers").await.count, 3);
    assert_eq!(client.rows("SELECT key FROM system.local").await.count, 0);
    // It is the node's own, of which the others know nothing.
    let mut other = Client::connect(second).await;
    let elsewhere: Vec<Peer> = other.select(&peer(third.ip())).await;
    assert_eq!(elsewhere, before);
    for refused in [
        format!("{update} IF EXISTS"),
        format!("BEGIN BATCH {update} APPLY BATCH"),
        "TRUNCATE system.peers".to_owned(),
    ] {
        let problem = client.error(&refused).await;
        assert_eq!(problem.message, "system keyspace is not user-modifiable.", "{refused}");
    }
    cluster.stop(0).await.unwrap();
    cluster.restart(0).await.unwrap();
    let mut client = Client::connect(first).await;
    assert_eq!(client.select::<Peer>(&peer(third.ip())).await, before);
    assert_eq!(client.rows("SELECT key FROM system.local").await.count, 1);
}

//! Nodes that are ScyllaDB's.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use helenus_protocol::{
    BoundValues, Consistency, ErrorKind, Execute, FrameFlags, PreparedMetadata, QueryParameters,
    RateLimitedOperation, Request, Response, ResponseBody, ScyllaExtensions, ShardingInfo, Startup,
    Supported, Tablet, Token,
};
use helenus_testkit::{ClusterError, EmbeddedCluster, EmbeddedClusterBuilder, Fault, Scylla};
use tokio::net::TcpSocket;

use crate::client::{Client, V5, error, parameters};
use crate::faults::CQL;

fn builder(nodes: usize, scylla: Scylla) -> EmbeddedClusterBuilder {
    EmbeddedCluster::builder().datacenter("dc1", nodes).scylla(scylla)
}

impl Client {
    async fn supported(&mut self) -> Supported {
        match self.call(&Request::Options).await {
            Response::Supported(supported) => supported,
            other => panic!("{other:?}"),
        }
    }

    async fn shard(&mut self) -> u16 {
        ShardingInfo::from_supported(&self.supported().await).unwrap().unwrap().shard
    }

    /// A connection that asks for all that is offered.
    async fn extended(address: SocketAddr) -> Self {
        let mut client = Self::open(address).await;
        let offered = ScyllaExtensions::from_supported(&client.supported().await).unwrap();
        let startup = offered.add_to_startup(Startup::new(None));
        assert_eq!(client.call(&Request::Startup(startup)).await, Response::Ready);
        client.extensions = offered;
        client
    }
}

#[tokio::test]
async fn a_node_tells_its_shards_and_what_it_can() {
    let cluster = builder(1, Scylla::new(3).tablets(4)).start().await.unwrap();
    let mut client = Client::open(cluster.addresses()[0]).await;
    let supported = client.supported().await;
    for (name, value) in [
        ("PROTOCOL_VERSIONS", "4/v4"),
        ("SCYLLA_SHARD", "0"),
        ("SCYLLA_NR_SHARDS", "3"),
        ("SCYLLA_SHARDING_IGNORE_MSB", "12"),
        ("SCYLLA_SHARDING_ALGORITHM", "biased-token-round-robin"),
        ("SCYLLA_SHARD_AWARE_PORT", "19042"),
        ("SCYLLA_PARTITIONER", "org.apache.cassandra.dht.Murmur3Partitioner"),
        ("SCYLLA_LWT_ADD_METADATA_MARK", "LWT_OPTIMIZATION_META_BIT_MASK=2147483648"),
        ("SCYLLA_RATE_LIMIT_ERROR", "ERROR_CODE=61440"),
        ("TABLETS_ROUTING_V1", ""),
    ] {
        assert_eq!(supported.values(name), [value], "{name}");
    }
    assert!(supported.values("SCYLLA_SHARD_AWARE_PORT_SSL").is_empty());
    let mut client = Client::open_v5(cluster.addresses()[0]).await;
    client.send(&Request::Options, 0, FrameFlags::NONE).await;
    let (header, body) = client.receive().await;
    assert_ne!(header.version, V5);
    assert_eq!(error(body.response).kind, ErrorKind::ProtocolError);
}

#[tokio::test]
async fn the_shard_with_the_fewest_connections_is_taken_or_the_one_of_the_client_s_port() {
    let cluster = builder(1, Scylla::new(3)).start().await.unwrap();
    let plain = cluster.addresses()[0];
    let mut clients = Vec::new();
    for expected in [0, 1, 2, 0] {
        let mut client = Client::open(plain).await;
        assert_eq!(client.shard().await, expected);
        clients.push(client);
    }
    clients.remove(1);
    let two = |cluster: &EmbeddedCluster| cluster.connections().len() == 3;
    cluster.wait_until(std::time::Duration::from_secs(10), two).await.unwrap();
    assert_eq!(Client::open(plain).await.shard().await, 1);

    let aware = SocketAddr::new(plain.ip(), plain.port() + 10_000);
    for _ in 0..3 {
        let mut client = Client::open(aware).await;
        let port = client.stream.local_addr().unwrap().port();
        assert_eq!(client.shard().await, port % 3);
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut client = Client::connect(plain).await;
    client.stream = socket.connect(aware).await.unwrap();
    client.call(&Request::Startup(Startup::new(None))).await;
    client.rows(CQL).await;
    cluster.requests().on_shard(port % 3).executing("system.local").assert_count(1);

    cluster.stop(0).await.unwrap();
    assert!(TcpSocket::new_v4().unwrap().connect(aware).await.is_err());
    cluster.restart(0).await.unwrap();
    Client::open(aware).await.shard().await;
}

#[tokio::test]
async fn conditional_statements_are_marked_for_those_who_asked() {
    let cluster = builder(1, Scylla::new(2)).start().await.unwrap();
    let mut plain = Client::connect(cluster.addresses()[0]).await;
    plain.use_keyspace().await;
    plain.run("CREATE TABLE t (k int PRIMARY KEY, v int)").await;
    let mut extended = Client::extended(cluster.addresses()[0]).await;
    let conditional = "INSERT INTO ks.t (k, v) VALUES (?, ?) IF NOT EXISTS";
    let marked = extended.prepare(conditional).await;
    assert!(extended.extensions.is_conditional(&marked.metadata));
    let other = extended.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await;
    assert!(!extended.extensions.is_conditional(&other.metadata));
    let PreparedMetadata { flags, .. } = plain.prepare(conditional).await.metadata;
    assert_eq!(flags, 0);
    // v4 carries the ids of metadata, too.
    assert!(other.result_metadata_id.is_some());
    let select = extended.prepare("SELECT v FROM ks.t WHERE k = ?").await;
    let bound = BoundValues::encode(&(1,), &select.metadata.columns).unwrap();
    let parameters = QueryParameters { values: bound.as_values(), ..parameters() };
    let execute = Execute { id: &select.id, result_metadata_id: Some(b"stale"), parameters };
    let Response::Rows(rows) = extended.call(&Request::Execute(execute)).await else { panic!() };
    assert_eq!(rows.metadata.new_metadata_id, select.result_metadata_id);
}

#[tokio::test]
async fn who_asks_too_often_is_told_so_as_far_as_it_understands() {
    let cluster = builder(1, Scylla::new(2)).start().await.unwrap();
    let (operation, by_coordinator) = (RateLimitedOperation::Write, true);
    let kind = ErrorKind::RateLimitReached { code: 1, operation, by_coordinator };
    let _fault = cluster.inject(Fault::error(kind));
    let mut extended = Client::extended(cluster.addresses()[0]).await;
    let told = extended.error(CQL).await.kind;
    let code = extended.extensions.rate_limit_error.unwrap();
    assert_eq!(told, ErrorKind::RateLimitReached { code, operation, by_coordinator });
    let mut plain = Client::connect(cluster.addresses()[0]).await;
    assert_eq!(plain.error(CQL).await.kind, ErrorKind::ConfigError);
}

/// Asks for a row of each of some keys; what is told of the tablets, by key.
async fn routes(client: &mut Client, keys: std::ops::Range<i32>) -> BTreeMap<i32, Option<Tablet>> {
    let select = client.prepare("SELECT v FROM ks.t WHERE k = ?").await;
    let id = select.result_metadata_id.as_deref();
    let mut routes = BTreeMap::new();
    for key in keys {
        let bound = BoundValues::encode(&(key,), &select.metadata.columns).unwrap();
        let parameters = QueryParameters { values: bound.as_values(), ..parameters() };
        let execute = Execute { id: &select.id, result_metadata_id: id, parameters };
        let ResponseBody { payload, response, .. } =
            client.call_with(&Request::Execute(execute), FrameFlags::NONE).await;
        assert!(matches!(response, Response::Rows(_)), "{response:?}");
        routes.insert(key, Tablet::from_payload(&payload).unwrap());
    }
    routes
}

const TABLETS: [&str; 2] = [
    "CREATE KEYSPACE ks WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 2}",
    "CREATE TABLE ks.t (k int PRIMARY KEY, v int)",
];

#[tokio::test]
async fn who_asks_the_wrong_shard_is_told_the_tablet_and_who_asks_the_right_one_is_not() {
    let cluster = builder(3, Scylla::new(2).tablets(8)).start().await.unwrap();
    cluster.load(&TABLETS.join(";")).unwrap();
    let mut learned = BTreeMap::new();
    let mut clients = Vec::new();
    for node in cluster.nodes() {
        for _ in 0..2 {
            let mut client = Client::extended(node.address()).await;
            let here = (node.host_id(), client.shard().await);
            for (key, route) in routes(&mut client, 0..100).await {
                let Some(tablet) = route else { continue };
                let token = Token::of_key(&key.to_be_bytes());
                assert!(tablet.contains(token) && tablet.replicas.len() == 2);
                assert!(!tablet.replicas.contains(&here));
                assert_eq!(learned.entry(key).or_insert_with(|| tablet.clone()), &tablet);
            }
            clients.push((here, client));
        }
    }
    assert_eq!(learned.len(), 100);
    let tablets: std::collections::BTreeSet<_> = learned.values().map(|t| t.last).collect();
    assert_eq!(tablets.len(), 8);
    for (here, client) in &mut clients {
        let told = routes(client, 0..100).await;
        let right = |key| learned[key].replicas.contains(here);
        assert!(told.iter().all(|(key, route)| route.is_none() == right(key)));
    }
    // A client that did not ask is told nothing, and a keyspace without tablets has none.
    let mut plain = Client::connect(cluster.addresses()[0]).await;
    assert!(routes(&mut plain, 0..20).await.values().all(Option::is_none));
    let rows: Vec<(String, Option<i32>)> = plain
        .select("SELECT keyspace_name, initial_tablets FROM system_schema.scylla_keyspaces")
        .await;
    let of = |name: &str| rows.iter().find(|row| row.0 == name).unwrap().1;
    assert_eq!((of("ks"), of("system_schema")), (Some(8), None));
    let tables: Vec<(String,)> = plain
        .select("SELECT table_name FROM system_schema.scylla_tables WHERE keyspace_name = 'ks'")
        .await;
    assert_eq!(tables, [("t".to_owned(),)]);
}

#[tokio::test]
async fn tablets_are_as_available_as_their_replicas() {
    let cluster = builder(3, Scylla::new(2).tablets(8)).start().await.unwrap();
    cluster.load(&TABLETS.join(";").replace(": 2", ": 1")).unwrap();
    let mut client = Client::extended(cluster.addresses()[0]).await;
    let mut other = Client::extended(cluster.addresses()[1]).await;
    let mut routes_here = routes(&mut client, 0..100).await;
    for (key, route) in routes(&mut other, 0..100).await {
        routes_here.entry(key).and_modify(|known| *known = known.take().or(route));
    }
    cluster.stop(2).await.unwrap();
    let gone = cluster.nodes()[2].host_id();
    let mut refused = 0;
    for (key, route) in routes_here {
        let answer =
            client.at(Consistency::One, &format!("SELECT v FROM ks.t WHERE k = {key}")).await;
        let is_gone = route.unwrap().replicas[0].0 == gone;
        assert_eq!(matches!(answer, Response::Error(_)), is_gone, "{key}: {answer:?}");
        refused += usize::from(is_gone);
    }
    assert!((1..100).contains(&refused), "{refused}");
    assert!(matches!(client.query("SELECT v FROM ks.t").await, Response::Error(_)));
}

#[tokio::test]
async fn shards_that_cannot_be_are_refused() {
    for (scylla, part) in [
        (Scylla::new(0), "no shards"),
        (Scylla::new(1).tablets(0), "no tablets in its tables"),
        (Scylla::new(1).ignore_msb(64), "tokens of which 64 bits do not count"),
    ] {
        let error = builder(1, scylla).start().await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    let error = builder(1, Scylla::new(1)).port(60_000).start().await.unwrap_err();
    assert!(matches!(error, ClusterError::Impossible { .. }));
    assert!(error.to_string().contains("a shard-aware port 10000 above 60000"), "{error}");
    let without = Scylla::new(2).without_shard_aware_port();
    let cluster = builder(1, without).port(60_000).start().await.unwrap();
    let mut client = Client::open(cluster.addresses()[0]).await;
    let sharding = ShardingInfo::from_supported(&client.supported().await).unwrap().unwrap();
    assert_eq!(sharding.port, None);
}

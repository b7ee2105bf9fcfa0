//! Nodes that join, leave, move and are replaced, as clients see it.

use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use helenus_protocol::{ErrorKind, Event, Response, StatusChange, TopologyChange as Topology};
use helenus_testkit::{ClusterError, EmbeddedCluster, Node};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

use crate::client::Client;

const LOCAL: &str = "SELECT key FROM system.local";

/// A cluster of this many nodes in `dc1`, and a client of the first that hears events.
async fn watched(nodes: usize) -> (EmbeddedCluster, Client) {
    let cluster = EmbeddedCluster::builder().datacenter("dc1", nodes).start().await.unwrap();
    let mut watcher = Client::connect(cluster.addresses()[0]).await;
    watcher.register().await;
    (cluster, watcher)
}

/// What `system.peers_v2` says of a node.
type Peer = (IpAddr, Uuid, String, String, HashSet<String>);

impl Client {
    async fn peers(&mut self) -> BTreeMap<IpAddr, Peer> {
        let peers: Vec<Peer> = self
            .select(
                "SELECT native_address, host_id, data_center, rack, tokens FROM system.peers_v2",
            )
            .await;
        assert_eq!(self.rows("SELECT * FROM system.peers").await.count, peers.len());
        peers.into_iter().map(|peer| (peer.0, peer)).collect()
    }
}

fn as_peer(node: &Node) -> Peer {
    let tokens = node.tokens().map(|token| token.to_string()).collect();
    let place = (node.datacenter().to_owned(), node.rack().to_owned());
    (node.address().ip(), node.host_id(), place.0, place.1, tokens)
}

#[tokio::test]
async fn a_node_that_joins_is_told_of_and_is_a_peer_with_tokens_of_its_own() {
    let (cluster, mut watcher) = watched(2).await;
    let node = cluster.add_node("dc2", "r7").await.unwrap();
    assert_eq!(watcher.event().await, Event::Topology(Topology::NewNode, node.address()));
    assert_eq!(watcher.event().await, Event::Status(StatusChange::Up, node.address()));
    assert_eq!((node.datacenter(), node.rack(), node.tokens().count()), ("dc2", "r7", 16));
    let peers = watcher.peers().await;
    assert_eq!(peers.len(), 2);
    assert_eq!(peers[&node.address().ip()], as_peer(&node));
    assert_eq!(cluster.datacenter("dc2").unwrap().nodes().len(), 1);
    let tokens: Vec<_> = cluster.nodes().iter().flat_map(Node::tokens).collect();
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 48);

    let mut newcomer = Client::connect(node.address()).await;
    assert_eq!(newcomer.peers().await.len(), 2);
    let in_dc2 =
        "CREATE KEYSPACE ks WITH replication = {'class': 'NetworkTopologyStrategy', 'dc2': 1}";
    newcomer.run(in_dc2).await;
    newcomer.run("CREATE TABLE ks.t (k int PRIMARY KEY)").await;
    newcomer.run("INSERT INTO ks.t (k) VALUES (1)").await;
    assert_eq!(newcomer.rows("SELECT * FROM ks.t").await.count, 1);
}

#[tokio::test]
async fn a_node_that_leaves_is_told_of_and_is_nobodys_peer() {
    let (cluster, mut watcher) = watched(3).await;
    let leaving = cluster.nodes().remove(1);
    let mut lost = Client::connect(leaving.address()).await;
    cluster.decommission(1).await.unwrap();
    assert_eq!(watcher.event().await, Event::Topology(Topology::RemovedNode, leaving.address()));
    assert!(lost.rest().await.unwrap_or_default().is_empty());
    assert!(TcpStream::connect(leaving.address()).await.is_err());
    let last = cluster.nodes().remove(1);
    let peers = watcher.peers().await;
    assert_eq!(peers.into_values().collect::<Vec<_>>(), [as_peer(&last)]);
    assert!(!leaving.is_up() && last.is_up());

    cluster.stop(1).await.unwrap();
    cluster.decommission(1).await.unwrap();
    assert!(watcher.peers().await.is_empty());
    // Nobody misses nodes that are gone.
    watcher.use_keyspace().await;
    watcher.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    watcher.run("TRUNCATE t").await;
    assert!(matches!(cluster.decommission(0).await, Err(ClusterError::Impossible { .. })));
}

#[tokio::test]
async fn a_node_that_moves_has_other_tokens_and_other_partitions() {
    let (cluster, mut watcher) = watched(2).await;
    let moving = cluster.nodes().remove(1);
    cluster.move_node(1, [7, -5]).unwrap();
    assert_eq!(watcher.event().await, Event::Topology(Topology::MovedNode, moving.address()));
    assert_eq!(moving.tokens().collect::<Vec<_>>(), [-5, 7]);
    assert_eq!(watcher.peers().await[&moving.address().ip()], as_peer(&moving));
    let mut moved = Client::connect(moving.address()).await;
    let own: Vec<(HashSet<String>,)> = moved.select("SELECT tokens FROM system.local").await;
    assert_eq!(own[0].0, ["-5", "7"].map(str::to_owned).into());

    watcher.use_keyspace().await;
    watcher.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    cluster.stop(1).await.unwrap();
    let between = "SELECT * FROM t WHERE token(k) > -5 AND token(k) <= 7";
    let unavailable = watcher.error(between).await.kind;
    assert!(matches!(unavailable, ErrorKind::Unavailable { required: 1, alive: 0, .. }));

    let others = cluster.nodes()[0].tokens().next().unwrap();
    for impossible in [vec![], vec![1, 1], vec![1, others], vec![i64::MIN]] {
        let moved = cluster.move_node(1, impossible);
        assert!(matches!(moved, Err(ClusterError::Impossible { .. })), "{moved:?}");
    }
    assert_eq!(moving.tokens().collect::<Vec<_>>(), [-5, 7]);
    cluster.move_node(1, [1, 7]).unwrap();
}

#[tokio::test]
async fn a_node_comes_back_on_another_address_or_another_takes_its_place() {
    let (cluster, mut watcher) = watched(3).await;
    for is_the_same in [true, false] {
        let old = cluster.nodes().remove(1);
        let mut lost = Client::connect(old.address()).await;
        let new = match is_the_same {
            true => cluster.change_address(1).await.unwrap(),
            false => cluster.replace(1).await.unwrap(),
        };
        assert_eq!(watcher.event().await, Event::Status(StatusChange::Down, old.address()));
        assert_eq!(watcher.event().await, Event::Topology(Topology::NewNode, new.address()));
        assert_eq!(watcher.event().await, Event::Status(StatusChange::Up, new.address()));
        assert!(lost.rest().await.unwrap_or_default().is_empty());
        assert_ne!(old.address(), new.address());
        assert_eq!(old.host_id() == new.host_id(), is_the_same);
        assert!(old.tokens().eq(new.tokens()));
        let peers = watcher.peers().await;
        assert_eq!(peers.len(), 2);
        assert_eq!(peers[&new.address().ip()], as_peer(&new));
        assert_eq!(Client::connect(new.address()).await.rows(LOCAL).await.count, 1);
        assert_eq!(cluster.nodes()[1].address(), new.address());
    }
}

#[tokio::test]
async fn a_data_center_is_cut_off_and_comes_back_as_it_was() {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 1).datacenter("dc2", 2).start().await.unwrap();
    let [first, second, third] = cluster.addresses()[..] else { panic!() };
    let mut watcher = Client::connect(first).await;
    watcher.register().await;
    let mut inside = Client::connect(second).await;
    let prepared = inside.prepare(LOCAL).await;
    cluster.cut_off("dc2").unwrap();
    for node in [second, third] {
        assert_eq!(watcher.event().await, Event::Status(StatusChange::Down, node));
    }
    assert_eq!(cluster.nodes()[1].connections(), 1);
    {
        let unheard = inside.execute(&prepared, &());
        tokio::pin!(unheard);
        assert!(timeout(Duration::from_millis(20), &mut unheard).await.is_err());
        cluster.bring_back("dc2").unwrap();
        assert!(matches!(unheard.await, Response::Rows(_)));
    }
    for node in [second, third] {
        assert_eq!(watcher.event().await, Event::Status(StatusChange::Up, node));
    }
    assert!(cluster.cut_off("dc3").is_err() && cluster.bring_back("dc3").is_err());
}

#[tokio::test]
async fn a_rolling_restart_takes_every_node_down_once() {
    let (cluster, mut watcher) = watched(3).await;
    let [_, second, third] = cluster.addresses()[..] else { panic!() };
    cluster.stop(0).await.unwrap();
    assert!(watcher.rest().await.is_ok());
    cluster.restart(0).await.unwrap();
    let mut watcher = Client::connect(cluster.addresses()[0]).await;
    watcher.register().await;
    let mut settled = 0;
    cluster
        .rolling_restart(Duration::from_secs(10), |cluster| {
            settled += 1;
            cluster.nodes().iter().all(Node::is_up)
        })
        .await
        .unwrap();
    assert_eq!(settled, 3);
    assert!(watcher.rest().await.unwrap_or_default().is_empty());

    let mut watcher = Client::connect(cluster.addresses()[0]).await;
    watcher.register().await;
    cluster.stop(1).await.unwrap();
    assert_eq!(watcher.event().await, Event::Status(StatusChange::Down, second));
    let unsettled = cluster.rolling_restart(Duration::ZERO, |_| false).await;
    assert!(matches!(unsettled, Err(ClusterError::NotSettled(_))));
    assert!(cluster.nodes()[2].is_up() && cluster.nodes()[2].address() == third);
}

#[tokio::test]
async fn a_node_disagrees_on_the_schema_until_it_is_told_to_agree() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let [first, second] = cluster.addresses()[..] else { panic!() };
    let mut clients = [Client::connect(first).await, Client::connect(second).await];
    let mut versions = async || {
        let mut seen = Vec::new();
        for client in &mut clients {
            for table in ["local", "peers", "peers_v2"] {
                let cql = format!("SELECT schema_version FROM system.{table}");
                seen.push(client.select::<(Uuid,)>(&cql).await[0].0);
            }
        }
        seen
    };
    let before = versions().await;
    assert_eq!(before, [before[0]; 6]);
    cluster.disagree_on_schema(1).unwrap();
    let apart = versions().await;
    let (agreed, other) = (before[0], apart[1]);
    assert_ne!(agreed, other);
    assert_eq!(apart, [agreed, other, other, other, agreed, agreed]);
    cluster.agree_on_schema(1).unwrap();
    assert_eq!(versions().await, before);
}

#[tokio::test]
async fn a_node_that_hears_of_nothing_is_shown_with_the_version_of_the_schema_that_it_had() {
    let cluster = EmbeddedCluster::start(3).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    let mut versions = async || {
        let mut seen = Vec::new();
        for table in ["local", "peers", "peers_v2"] {
            let cql = format!("SELECT schema_version FROM system.{table}");
            let rows: Vec<(Uuid,)> = client.select(&cql).await;
            seen.extend(rows.into_iter().map(|(version,)| version));
        }
        seen
    };
    let before = versions().await[0];
    cluster.stop(1).await.unwrap();
    cluster.freeze(2).unwrap();
    assert_eq!(versions().await, [before; 5]);
    cluster.load("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").unwrap();
    let apart = versions().await;
    assert_eq!(apart[1..], [before; 4]);
    assert_ne!(apart[0], before);
    cluster.restart(1).await.unwrap();
    cluster.thaw(2).unwrap();
    assert_eq!(versions().await, [apart[0]; 5]);
    cluster.cut_off("datacenter1").unwrap();
    cluster.bring_back("datacenter1").unwrap();
    assert_eq!(versions().await, [apart[0]; 5]);
}

#[tokio::test]
async fn balanced_tokens_are_those_of_ccm() {
    let builder = EmbeddedCluster::builder().datacenter("dc1", 2).datacenter("dc2", 1);
    let cluster = builder.tokens_per_node(7).balanced_tokens().start().await.unwrap();
    let joined = cluster.add_node("dc1", "rack1").await.unwrap();
    let tokens: Vec<_> = cluster.nodes().iter().flat_map(Node::tokens).collect();
    assert_eq!(tokens[..3], [i64::MIN, 0, i64::MIN + 100]);
    assert_eq!(joined.tokens().collect::<Vec<_>>(), tokens[3..]);
    let mut client = Client::connect(cluster.addresses()[0]).await;
    let owned: Vec<(HashSet<String>,)> = client.select("SELECT tokens FROM system.local").await;
    assert_eq!(owned[0].0, HashSet::from([i64::MIN.to_string()]));
}

#[tokio::test]
async fn nodes_on_one_address_are_told_apart_by_their_ports() {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 3).one_address(9142).start().await.unwrap();
    let addresses = cluster.addresses();
    assert_eq!(addresses.iter().map(SocketAddr::ip).collect::<HashSet<_>>().len(), 1);
    assert_eq!(addresses.iter().map(SocketAddr::port).collect::<Vec<_>>(), [9142, 9143, 9144]);
    let added = cluster.add_node("dc1", "rack1").await.unwrap();
    assert_eq!(added.address(), (addresses[0].ip(), 9145).into());
    let mut client = Client::connect(addresses[1]).await;
    let peers: Vec<(IpAddr, i32, IpAddr, i32)> = client
        .select("SELECT peer, peer_port, native_address, native_port FROM system.peers_v2")
        .await;
    let ip = addresses[0].ip();
    assert_eq!(peers, [(ip, 7000, ip, 9142), (ip, 7002, ip, 9144), (ip, 7003, ip, 9145)]);
    let local: Vec<(IpAddr, i32, i32)> =
        client.select("SELECT rpc_address, rpc_port, listen_port FROM system.local").await;
    assert_eq!(local, [(ip, 9143, 7001)]);
    assert_eq!(client.rows("SELECT * FROM system.peers").await.count, 1);
}

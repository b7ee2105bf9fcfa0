use std::time::Duration;

use helenus_protocol::{ErrorKind, Event, Response, SchemaChangeKind, StatusChange};
use helenus_testkit::{ClusterError, EmbeddedCluster, StatementKind};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Client, error};

#[tokio::test]
async fn a_stopped_node_closes_its_connections_and_its_peers_say_so() {
    let cluster = EmbeddedCluster::start(3).await.unwrap();
    let [first, second, _] = cluster.addresses()[..] else { panic!() };
    let mut watcher = Client::connect(first).await;
    watcher.register().await;
    let mut lost = Client::connect(second).await;
    cluster.stop(1).await.unwrap();
    assert_eq!(lost.stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(second).await.is_err());
    assert_eq!(watcher.event().await, Event::Status(StatusChange::Down, second));
    assert!(!cluster.nodes()[1].is_up());
    assert_eq!(cluster.nodes()[1].connections(), 0);
    cluster.stop(1).await.unwrap();

    cluster.restart(1).await.unwrap();
    assert_eq!(watcher.event().await, Event::Status(StatusChange::Up, second));
    assert_eq!(Client::connect(second).await.rows("SELECT key FROM system.local").await.count, 1);
}

#[tokio::test]
async fn a_restarted_node_has_forgotten_what_was_prepared_and_the_others_have_not() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let [first, second] = cluster.addresses()[..] else { panic!() };
    let mut on_first = Client::connect(first).await;
    on_first.use_keyspace().await;
    on_first.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    let cql = "SELECT * FROM ks.t WHERE k = ?";
    let prepared = on_first.prepare(cql).await;
    let mut on_second = Client::connect(second).await;
    let elsewhere = error(on_second.execute(&prepared, &(1,)).await);
    assert_eq!(elsewhere.kind, ErrorKind::Unprepared { id: prepared.id.clone() });
    assert!(elsewhere.message.starts_with("Prepared query with ID "));

    cluster.stop(0).await.unwrap();
    cluster.restart(0).await.unwrap();
    let mut on_first = Client::connect(first).await;
    let forgotten = error(on_first.execute(&prepared, &(1,)).await);
    assert!(matches!(forgotten.kind, ErrorKind::Unprepared { .. }));
    on_first.run("USE ks").await;
    assert_eq!(on_first.prepare(cql).await.id, prepared.id);
    assert!(matches!(on_first.execute(&prepared, &(1,)).await, Response::Rows(_)));
}

#[tokio::test]
async fn schema_changes_are_told_to_those_who_asked() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let mut watcher = Client::connect(cluster.addresses()[1]).await;
    watcher.register().await;
    let mut client = Client::connect(cluster.addresses()[0]).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    client.run("DROP KEYSPACE ks").await;
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let Event::Schema(change) = watcher.event().await else { panic!() };
        kinds.push(change.kind);
    }
    use SchemaChangeKind::{Created, Dropped};
    assert_eq!(kinds, [Created, Created, Dropped, Dropped]);
}

#[tokio::test]
async fn a_frozen_node_keeps_its_connections_and_answers_when_it_thaws() {
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    let mut client = Client::connect(cluster.addresses()[0]).await;
    cluster.freeze(0).unwrap();
    {
        let asked = client.rows("SELECT key FROM system.local");
        tokio::pin!(asked);
        assert!(timeout(Duration::from_millis(100), &mut asked).await.is_err());
        assert_eq!(cluster.nodes()[0].connections(), 1);
        cluster.thaw(0).unwrap();
        assert_eq!(asked.await.count, 1);
    }
    cluster.freeze(0).unwrap();
    cluster.stop(0).await.unwrap();
}

#[tokio::test]
async fn a_node_counts_and_remembers_what_it_was_asked() {
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let nodes = cluster.nodes();
    let [first, second] = &nodes[..] else { panic!() };
    let mut client = Client::connect(first.address()).await;
    client.use_keyspace().await;
    client.run("CREATE TABLE t (k int PRIMARY KEY)").await;
    first.forget_statements();
    let before = first.requests();
    let insert = client.prepare("INSERT INTO t (k) VALUES (?)").await;
    client.execute(&insert, &(1,)).await;
    client.run("INSERT INTO t (k) VALUES (2)").await;
    assert_eq!((first.requests() - before, second.requests()), (3, 0));
    let seen: Vec<_> =
        first.statements().into_iter().map(|seen| (seen.cql.to_string(), seen.kind)).collect();
    assert_eq!(
        seen,
        [
            ("INSERT INTO t (k) VALUES (?)".to_owned(), StatementKind::Prepared),
            ("INSERT INTO t (k) VALUES (2)".to_owned(), StatementKind::Simple),
        ]
    );
    assert_eq!((first.connections(), second.connections()), (1, 0));
    // The data is the cluster's, whoever coordinates.
    let mut client = Client::connect(second.address()).await;
    assert_eq!(client.rows("SELECT * FROM ks.t").await.count, 2);
}

#[tokio::test]
async fn shutdown_leaves_nothing_listening_and_no_task() {
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let cluster = EmbeddedCluster::start(3).await.unwrap();
    let addresses = cluster.addresses();
    let mut client = Client::connect(addresses[0]).await;
    client.rows("SELECT key FROM system.local").await;
    cluster.shutdown().await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), before);
    for address in addresses {
        assert!(TcpStream::connect(address).await.is_err());
    }
    assert_eq!(client.stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_dropped_cluster_ends_by_itself() {
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let cluster = EmbeddedCluster::start(2).await.unwrap();
    let _client = Client::connect(cluster.addresses()[0]).await;
    drop(cluster);
    timeout(Duration::from_secs(5), async {
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > before {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn many_clusters_live_side_by_side() {
    let mut clusters = Vec::new();
    for _ in 0..50 {
        clusters.push(EmbeddedCluster::start(3).await.unwrap());
    }
    let addresses: std::collections::HashSet<_> =
        clusters.iter().flat_map(EmbeddedCluster::addresses).collect();
    assert_eq!(addresses.len(), 150);
    assert!(addresses.iter().all(|address| address.port() == 9042));
}

#[tokio::test]
async fn impossible_clusters_and_nodes_are_errors() {
    for builder in [
        EmbeddedCluster::builder().datacenter("dc1", 0),
        EmbeddedCluster::builder().tokens_per_node(0),
        EmbeddedCluster::builder().racks(0),
    ] {
        assert!(matches!(builder.start().await, Err(ClusterError::Impossible { .. })));
    }
    let cluster = EmbeddedCluster::start(1).await.unwrap();
    assert!(matches!(cluster.stop(1).await, Err(ClusterError::NoSuchNode { index: 1, count: 1 })));
}

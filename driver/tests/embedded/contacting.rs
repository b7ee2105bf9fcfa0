//! How a cluster is found, and found again.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use helenus::policies::ConstantReconnection;
use helenus::{BuildError, ErrorKind, Session};
use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::behaviours::Outcome;
use crate::{builder, soon, until};

const QUERY: &str = "SELECT key FROM system.local";
const LONG: Duration = Duration::from_secs(120);

#[tokio::test]
async fn all_contact_points_are_tried_at_once() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    // It takes connections and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let session = Session::builder()
        .contact_point(silent.local_addr()?)
        .contact_points(cluster.contact_points())
        .connect_timeout(LONG)
        .build();
    let session = tokio::time::timeout(LONG / 4, session).await??;
    session.query(QUERY, ()).await?;
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_is_not_up_yet_is_waited_for_where_that_is_asked_for() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    cluster.stop(0).await?;
    let error = builder(&cluster).build().await.unwrap_err();
    assert!(matches!(error, BuildError::Unreachable { .. }), "{error}");
    let hasty = builder(&cluster).reconnection(Arc::new(ConstantReconnection(LONG)));
    let error = hasty.wait_for_contact(LONG / 2).build().await.unwrap_err();
    assert!(matches!(error, BuildError::Unreachable { .. }), "{error}");

    let patient = builder(&cluster).reconnection(soon()).wait_for_contact(LONG);
    let session = tokio::spawn(patient.build());
    tokio::task::yield_now().await;
    cluster.restart(0).await?;
    session.await??.query(QUERY, ()).await?;
    Ok(())
}

#[tokio::test]
async fn a_node_without_peers_v2_is_asked_for_peers() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let old = cluster.inject(Fault::error(ErrorKind::Invalid).matching("system.peers_v2"));
    let session = builder(&cluster).build().await?;
    assert!(old.strikes() > 0);
    let mut known: Vec<_> = session.metrics().nodes.iter().map(|node| node.address).collect();
    known.sort_unstable();
    assert_eq!(known, cluster.addresses());
    Ok(())
}

#[tokio::test]
async fn nodes_of_different_versions_serve_side_by_side() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let old = cluster.nodes()[1]
        .inject(Fault::error(ErrorKind::ProtocolError).to(Opcode::Options).times(2));
    let session =
        builder(&cluster).connection(|c| c.heartbeat_interval = Duration::ZERO).build().await?;
    until("all nodes are up", || session.metrics().nodes.iter().all(|node| node.is_up)).await;
    assert_eq!(old.strikes(), 2);
    let mut coordinators = std::collections::BTreeSet::new();
    for _ in 0..60 {
        coordinators.insert(session.query(QUERY, ()).await?.coordinator());
    }
    assert!(coordinators.len() >= 2, "{coordinators:?}");
    Ok(())
}

/// A name of the cluster that means one of its nodes: an address, with the nodes' port, that leads to the one that it is
/// told.
async fn name(target: Arc<Mutex<SocketAddr>>) -> Outcome<(SocketAddr, JoinSet<()>)> {
    let mut address = *target.lock().unwrap();
    if let IpAddr::V4(ip) = address.ip() {
        let [a, b, c, _] = ip.octets();
        address.set_ip([a, b, c, 250].into());
    }
    let listener = TcpListener::bind(address).await?;
    let (address, mut tasks) = (listener.local_addr()?, JoinSet::new());
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut client, _)) = listener.accept().await {
            let node = *target.lock().unwrap();
            connections.spawn(async move {
                if let Ok(mut node) = TcpStream::connect(node).await {
                    // It ends when either side does.
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut node).await;
                }
            });
        }
    });
    Ok((address, tasks))
}

#[tokio::test]
async fn a_cluster_whose_addresses_have_all_changed_is_found_by_its_name() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let target = Arc::new(Mutex::new(cluster.addresses()[0]));
    let (name, _network) = name(Arc::clone(&target)).await?;
    let session = Session::builder().contact_point(name).reconnection(soon()).build().await?;
    session.query(QUERY, ()).await?;
    let before = cluster.addresses();
    cluster.stop(0).await?;
    cluster.stop(1).await?;
    until("all is lost", || session.metrics().nodes.iter().all(|node| !node.is_up)).await;
    for node in 0..2 {
        cluster.change_address(node).await?;
    }
    *target.lock().unwrap() = cluster.addresses()[0];
    let new = cluster.addresses();
    assert!(before.iter().all(|old| !new.contains(old)));
    until("the new addresses are known and connected to", || {
        let nodes = session.metrics().nodes;
        nodes.len() == 2 && nodes.iter().all(|node| node.is_up && !before.contains(&node.address))
    })
    .await;
    session.query(QUERY, ()).await?;
    Ok(())
}

#[tokio::test]
async fn a_node_of_another_cluster_is_refused() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).reconnection(soon()).build().await?;
    let away = cluster.nodes()[1].address();
    cluster.stop(1).await?;
    let is_up = || session.metrics().nodes.iter().any(|node| node.address == away && node.is_up);
    until("the node is down", || !is_up()).await;

    let std::net::IpAddr::V4(address) = away.ip() else { unreachable!("127.0.0.0/8") };
    let other = EmbeddedCluster::builder().name("another").first_address(address);
    let other = other.port(away.port()).start().await?;
    until("the session has found out", || {
        other.requests().executing("SELECT cluster_name").count() > 2
    })
    .await;
    assert!(!is_up());
    other.shutdown().await;
    cluster.restart(1).await?;
    until("the node is back", is_up).await;
    Ok(())
}

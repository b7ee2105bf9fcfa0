//! Which nodes are used, where they are reached, and how near they are.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use helenus::policies::{
    ConstantReconnection, DatacenterDistance, DcAware, Deny, Distance, HostList, RoundRobin,
};
use helenus::{Consistency, ExecutionProfile, Session};
use helenus_testkit::EmbeddedCluster;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::behaviours::Outcome;
use crate::{builder, until};

const QUERY: &str = "SELECT key FROM system.local";

/// Listens on an address of its own for each node, as an address translation in the network does.
async fn translated(
    cluster: &EmbeddedCluster,
) -> Outcome<(HashMap<SocketAddr, SocketAddr>, JoinSet<()>)> {
    let (mut addresses, mut tasks) = (HashMap::new(), JoinSet::new());
    for node in cluster.addresses() {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        addresses.insert(node, listener.local_addr()?);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                connections.spawn(async move {
                    if let Ok(mut node) = TcpStream::connect(node).await {
                        // It ends when either side does.
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut node).await;
                    }
                });
            }
        });
    }
    Ok((addresses, tasks))
}

#[tokio::test]
async fn nodes_are_reached_where_their_addresses_are_translated_to() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let (translated, _network) = translated(&cluster).await?;
    let mut outside: Vec<_> = translated.values().copied().collect();
    outside.sort_unstable();
    let contact = translated[&cluster.addresses()[0]];
    let session = Session::builder()
        .contact_point(contact)
        .address_translator(Arc::new(move |address| translated[&address]))
        // Only what other nodes report brings a lost node back.
        .reconnection(Arc::new(ConstantReconnection(Duration::from_secs(3600))))
        .build()
        .await?;
    let mut known: Vec<_> = session.metrics().nodes.iter().map(|node| node.address).collect();
    known.sort_unstable();
    assert_eq!(known, outside);
    let up = || session.metrics().nodes.iter().filter(|node| node.is_up).count();
    until("all nodes are up", || up() == 3).await;
    for _ in 0..30 {
        assert!(outside.contains(&session.query(QUERY, ()).await?.coordinator()));
    }
    cluster.stop(2).await?;
    until("the node is down", || up() == 2).await;
    cluster.restart(2).await?;
    until("the event's address was understood", || up() == 3).await;
    Ok(())
}

#[tokio::test]
async fn a_node_that_the_filter_does_not_accept_is_not_connected_to() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let denied = cluster.nodes().remove(2);
    let all = ExecutionProfile::new("all").with_load_balancing(Arc::new(RoundRobin));
    let session = Session::builder()
        .contact_point(cluster.addresses()[0])
        .host_filter(Arc::new(Deny(HostList::default().with_addresses([denied.address()]))))
        .profile(all.clone())
        .build()
        .await?;
    session.set_profile(all.derive("all of a sudden")).await;
    for name in ["default", "all", "all of a sudden"] {
        for _ in 0..20 {
            let result = session.with_profile(name).query(QUERY, ()).await?;
            assert_ne!(result.coordinator(), denied.address());
        }
    }
    assert_eq!(denied.connections(), 0);
    cluster.requests().on(&denied).assert_none();
    Ok(())
}

#[tokio::test]
async fn nodes_are_as_near_as_they_are_said_to_be() -> Outcome {
    let cluster = EmbeddedCluster::builder()
        .datacenter("dc1", 1)
        .datacenter("dc2", 1)
        .datacenter("dc3", 1)
        .start()
        .await?;
    let said =
        DatacenterDistance::default().with("dc2", Distance::Remote).with("dc3", Distance::Ignored);
    let session = builder(&cluster)
        .load_balancing(Arc::new(DcAware::new("dc1")))
        .distances(Arc::new(said))
        .consistency(Consistency::One)
        .build()
        .await?;
    let up =
        |dc: &str| session.metrics().nodes.iter().filter(|n| n.datacenter == dc && n.is_up).count();
    until("dc1 and dc2 are connected to", || (up("dc1"), up("dc2")) == (1, 1)).await;
    assert_eq!(up("dc3"), 0);
    let [first, second] = [0, 1].map(|node: usize| cluster.addresses()[node]);
    assert_eq!(session.query(QUERY, ()).await?.coordinator(), first);
    cluster.stop(0).await?;
    until("dc1 is down", || up("dc1") == 0).await;
    assert_eq!(session.query(QUERY, ()).await?.coordinator(), second);
    Ok(())
}

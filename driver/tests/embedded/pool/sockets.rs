use std::net::IpAddr;

use helenus::{BuildError, ConnectError};
use helenus_testkit::EmbeddedCluster;

use crate::behaviours::Outcome;
use crate::builder;

#[tokio::test]
async fn every_connection_comes_from_the_address_that_is_set() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let local = IpAddr::from([127, 0, 0, 99]);
    let from = |local| builder(&cluster).connection(move |c| c.local_address = Some(local));
    let _session = from(local).build().await?;
    assert!(!cluster.connections().is_empty());
    assert!(cluster.connections().iter().all(|client| client.client.ip() == local));

    let error = from(IpAddr::from([192, 0, 2, 1])).build().await.unwrap_err();
    let BuildError::Unreachable { failures } = &error else { panic!("{error}") };
    assert!(matches!(failures[0].1, ConnectError::LocalAddress { .. }), "{error}");
    Ok(())
}

//! Clusters whose addresses are chosen.

use std::net::Ipv4Addr;

use helenus_testkit::{ClusterError, EmbeddedCluster};

/// The last address of a block that no other process of these tests has.
fn first() -> (Ipv4Addr, [u8; 2]) {
    let [x, y, ..] = std::process::id().to_le_bytes();
    let y = y.min(254);
    (Ipv4Addr::new(127, x.max(1), y, 254), [x.max(1), y])
}

#[tokio::test]
async fn nodes_follow_the_first_address_and_one_that_is_taken_is_named() {
    let (first, [x, y]) = first();
    let cluster = EmbeddedCluster::builder().datacenter("dc1", 3).port(19_771);
    let builder = cluster.first_address(first);
    let cluster = builder.clone().start().await.unwrap();
    let expected = [(y, 254), (y, 255), (y + 1, 0), (y + 1, 1)];
    let expected = expected.map(|(y, z)| format!("127.{x}.{y}.{z}:19771"));
    assert_eq!(cluster.contact_points(), expected[..3]);
    let joined = cluster.add_node("dc1", "rack1").await.unwrap();
    assert_eq!(joined.address().to_string(), expected[3]);

    let error = builder.start().await.unwrap_err();
    assert!(matches!(error, ClusterError::Bind { .. }), "{error}");
    assert!(error.to_string().contains(&expected[0]), "{error}");
}

#[tokio::test]
async fn nodes_on_the_first_address_have_ports_of_their_own() {
    let (first, _) = first();
    let builder = EmbeddedCluster::builder().datacenter("dc1", 2);
    let cluster = builder.one_address(19_781).first_address(first).start().await.unwrap();
    let expected = [19_781, 19_782].map(|port| format!("{first}:{port}"));
    assert_eq!(cluster.contact_points(), expected);
}

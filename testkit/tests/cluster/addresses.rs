//! Clusters whose addresses are chosen.

use std::net::Ipv4Addr;

use helenus_testkit::{ClusterError, EmbeddedCluster};

const FIRST: Ipv4Addr = Ipv4Addr::new(127, 0, 77, 254);

#[tokio::test]
async fn nodes_follow_the_first_address_and_one_that_is_taken_is_named() {
    let builder =
        || EmbeddedCluster::builder().datacenter("dc1", 3).port(19_771).first_address(FIRST);
    let cluster = builder().start().await.unwrap();
    let expected = ["127.0.77.254:19771", "127.0.77.255:19771", "127.0.78.0:19771"];
    assert_eq!(cluster.contact_points(), expected);
    let joined = cluster.add_node("dc1", "rack1").await.unwrap();
    assert_eq!(joined.address().to_string(), "127.0.78.1:19771");

    let error = builder().start().await.unwrap_err();
    assert!(matches!(error, ClusterError::Bind { .. }), "{error}");
    assert!(error.to_string().contains("127.0.77.254:19771"), "{error}");
}

#[tokio::test]
async fn nodes_on_the_first_address_have_ports_of_their_own() {
    let builder = EmbeddedCluster::builder().datacenter("dc1", 2);
    let cluster = builder.one_address(19_781).first_address(FIRST).start().await.unwrap();
    assert_eq!(cluster.contact_points(), ["127.0.77.254:19781", "127.0.77.254:19782"]);
}

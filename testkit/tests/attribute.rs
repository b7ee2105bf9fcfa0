//! Tests that get their cluster from the attribute.

use std::io::{Read, Write};
use std::net::TcpStream;

use helenus_testkit::{ClusterError, EmbeddedCluster, Node};

#[helenus_testkit::test]
async fn a_cluster_has_one_node_unless_more_are_asked_for(cluster: EmbeddedCluster) {
    assert_eq!(cluster.nodes().len(), 1);
    assert_eq!(cluster.nodes()[0].datacenter(), "datacenter1");
}

#[helenus_testkit::test(nodes = 3, racks = 2)]
async fn nodes_are_spread_over_racks(cluster: EmbeddedCluster) {
    let nodes = cluster.nodes();
    assert_eq!(nodes.iter().map(Node::rack).collect::<Vec<_>>(), ["rack1", "rack2", "rack1"]);
}

#[helenus_testkit::test(datacenters = "dc1:2, dc2:1")]
async fn data_centers_have_as_many_nodes_as_they_are_given(
    cluster: EmbeddedCluster,
) -> Result<(), ClusterError> {
    assert_eq!(cluster.datacenter("dc1")?.nodes().len(), 2);
    assert_eq!(cluster.datacenter("dc2")?.nodes().len(), 1);
    cluster.stop(2).await
}

#[helenus_testkit::test]
#[should_panic(expected = "the test's own")]
async fn a_test_that_panics_fails(_: EmbeddedCluster) {
    panic!("the test's own");
}

#[helenus_testkit::test]
async fn a_client_may_block(cluster: EmbeddedCluster) {
    let mut client = TcpStream::connect(cluster.addresses()[0]).unwrap();
    client.write_all(&[4, 0, 0, 0, 5, 0, 0, 0, 0]).unwrap();
    let mut header = [0; 9];
    client.read_exact(&mut header).unwrap();
    assert_eq!(header[..5], [0x84, 0, 0, 0, 6]);
}

//! `system.local`, `system.peers` and `system.peers_v2`.

use helenus_protocol::Token;
use uuid::Uuid;

use super::rows::{Rows, int, text, text_set, uuid};
use crate::cluster::{ClusterState, Member, Topology};
use crate::schema::Table;
use crate::storage::TableData;
use crate::value::encode_inet;

const RELEASE_VERSION: &str = "5.0.6";

pub(super) fn local(
    table: &Table,
    cluster: &ClusterState,
    member: &Member,
    schema_version: Uuid,
) -> TableData {
    let address = encode_inet(member.address.ip());
    let storage_port = int(member.storage_port.into());
    let mut rows = Rows::new(table);
    rows.push(&[
        ("key", text("local")),
        ("bootstrapped", text("COMPLETED")),
        ("broadcast_address", address.clone()),
        ("broadcast_port", storage_port.clone()),
        ("cluster_name", text(&cluster.settings.name)),
        ("cql_version", text("3.4.7")),
        ("data_center", text(&member.datacenter)),
        ("gossip_generation", int(1)),
        ("host_id", uuid(member.host_id)),
        ("listen_address", address.clone()),
        ("listen_port", storage_port),
        (
            "native_protocol_version",
            text(&cluster.settings.versions.highest().number().to_string()),
        ),
        ("partitioner", text("org.apache.cassandra.dht.Murmur3Partitioner")),
        ("rack", text(&member.rack)),
        ("release_version", text(RELEASE_VERSION)),
        ("rpc_address", address),
        ("rpc_port", int(member.address.port().into())),
        ("schema_version", uuid(member.schema_version(schema_version))),
        ("tokens", tokens(&member.tokens())),
    ]);
    rows.finish()
}

pub(super) fn peers(
    table: &Table,
    topology: &Topology,
    member: &Member,
    schema_version: Uuid,
) -> TableData {
    let mut rows = Rows::new(table);
    for peer in topology.members.iter().filter(|peer| peer.host_id != member.host_id) {
        let address = encode_inet(peer.address.ip());
        rows.push(&[
            ("peer", address.clone()),
            ("peer_port", int(peer.storage_port.into())),
            ("data_center", text(&peer.datacenter)),
            ("host_id", uuid(peer.host_id)),
            ("native_address", address.clone()),
            ("native_port", int(peer.address.port().into())),
            ("rack", text(&peer.rack)),
            ("release_version", text(RELEASE_VERSION)),
            ("rpc_address", address),
            ("schema_version", uuid(peer.schema_version(schema_version))),
            ("tokens", tokens(&peer.tokens())),
        ]);
    }
    rows.finish()
}

fn tokens(tokens: &[Token]) -> Vec<u8> {
    text_set(tokens.iter().map(Token::to_string).collect())
}

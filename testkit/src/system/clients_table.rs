//! `system_views.clients`.

use std::net::{IpAddr, Ipv4Addr};

use super::rows::{Rows, bigint, boolean, int, text, text_map};
use crate::cluster::{ClusterState, Member};
use crate::schema::Table;
use crate::storage::TableData;
use crate::value::encode_inet;

pub(super) fn clients(table: &Table, cluster: &ClusterState, member: &Member) -> TableData {
    let mut rows = Rows::new(table);
    for (connection, details) in member.clients() {
        let address = connection.client.ip();
        let option = |wanted: &str| {
            details.options.iter().find(|(name, _)| name == wanted).map(|(_, value)| text(value))
        };
        let options = details.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut row = vec![
            ("address", encode_inet(address)),
            ("port", int(connection.client.port().into())),
            ("connection_stage", text(details.stage.name())),
            ("hostname", text(&hostname(address))),
            ("request_count", bigint(details.requests.count())),
            ("ssl_enabled", boolean(cluster.speaks_tls())),
        ];
        if !details.options.is_empty() {
            row.push(("client_options", text_map(options)));
        }
        row.extend(option("DRIVER_NAME").map(|name| ("driver_name", name)));
        row.extend(option("DRIVER_VERSION").map(|version| ("driver_version", version)));
        row.extend(details.keyspace.as_deref().map(|name| ("keyspace_name", text(name))));
        row.extend(details.version.map(|version| ("protocol_version", int(version.into()))));
        row.extend(details.user.as_deref().map(|name| ("username", text(name))));
        rows.push(&row);
    }
    rows.finish()
}

/// What a machine calls its own address, and others by theirs.
fn hostname(address: IpAddr) -> String {
    if address == Ipv4Addr::LOCALHOST { "localhost".to_owned() } else { address.to_string() }
}

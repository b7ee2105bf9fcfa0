//! `system_views.clients`.

use std::net::{IpAddr, Ipv4Addr};

use super::rows::{Rows, bigint, boolean, int, text, text_map};
use crate::cluster::{ClusterState, Member};
use crate::schema::Table;
use crate::storage::TableData;
use crate::value::encode_inet;

pub(super) fn clients(table: &Table, cluster: &ClusterState, member: &Member) -> TableData {
    let mut rows = Rows::new(table);
    for client in member.known_clients() {
        let standing = client.standing();
        let options = &client.startup.options;
        let options = options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let ip = client.address.ip();
        let hostname = match ip {
            IpAddr::V4(Ipv4Addr::LOCALHOST) => "localhost".to_owned(),
            other => other.to_string(),
        };
        let mut row = vec![
            ("address", encode_inet(ip)),
            ("port", int(client.address.port().into())),
            ("client_options", text_map(options)),
            ("connection_stage", text(if standing.is_ready { "ready" } else { "authenticating" })),
            ("hostname", text(&hostname)),
            ("protocol_version", int(client.version.number().into())),
            ("request_count", bigint(client.requests().cast_signed())),
            ("ssl_enabled", boolean(cluster.speaks_tls())),
        ];
        let user = match &cluster.settings.credentials {
            Some(_) => standing.user.as_deref(),
            None => Some("anonymous"),
        };
        let known = [
            ("driver_name", client.startup.option("DRIVER_NAME")),
            ("driver_version", client.startup.option("DRIVER_VERSION")),
            ("keyspace_name", standing.keyspace.as_deref()),
            ("username", user),
        ];
        row.extend(known.into_iter().filter_map(|(name, value)| Some((name, text(value?)))));
        rows.push(&row);
    }
    rows.finish()
}

//! What the cluster is to look like, on the command line and in a file.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use helenus_protocol::ProtocolVersion;
use helenus_testkit::{EmbeddedCluster, EmbeddedClusterBuilder, NodeCertificate, Scylla, Tls};
use serde::Deserialize;

use crate::datacenters::Datacenters;
use crate::error::CliError;
use crate::user::User;

/// Every option may stand in the file too, under its long name; the command line goes before the file.
#[derive(Args, Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClusterOptions {
    /// How many nodes there are: 1 unless this or --dcs says more.
    #[arg(long)]
    nodes: Option<usize>,
    /// The data centers, as dc1:2,dc2:1; datacenter1 for all nodes unless set.
    #[arg(long)]
    dcs: Option<Datacenters>,
    /// How many racks the nodes of each data center are spread over; 1 unless set.
    #[arg(long)]
    racks: Option<usize>,
    /// How many tokens each node owns; 16 unless set.
    #[arg(long)]
    tokens_per_node: Option<usize>,
    /// Give each node one token, as far from the others of its data center as can be, as ccm does without virtual nodes.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", conflicts_with = "tokens_per_node")]
    balanced_tokens: Option<bool>,
    /// What the tokens are drawn from; 0 unless set.
    #[arg(long)]
    seed: Option<u64>,
    /// The cluster's name.
    #[arg(long)]
    name: Option<String>,
    /// The nodes' port, or the first node's where they share an address; 9042 unless set.
    #[arg(long)]
    port: Option<u16>,
    /// Put all nodes on one address, each on a port of its own.
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    one_address: Option<bool>,
    /// The first node's address; addresses of 127.0.0.0/8 that nobody else uses unless set.
    #[arg(long)]
    first_address: Option<Ipv4Addr>,
    /// The highest version of the protocol that is spoken; v5 unless set.
    #[arg(long)]
    max_version: Option<Version>,
    /// Make the nodes ScyllaDB's, with this many shards each.
    #[arg(long)]
    shards: Option<u16>,
    /// Give each table this many tablets; none unless set.
    #[arg(long)]
    tablets: Option<u32>,
    /// Let in only this user, as name:password. It may be given several times.
    #[arg(long = "user", value_name = "NAME:PASSWORD")]
    users: Vec<User>,
    /// Put the custom payload of each request into its answer.
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    mirror_payloads: Option<bool>,
    /// Milliseconds that coordinators wait for replicas that read; 5000 unless set.
    #[arg(long, value_name = "MS")]
    read_timeout: Option<u64>,
    /// Milliseconds that coordinators wait for replicas that write; 2000 unless set.
    #[arg(long, value_name = "MS")]
    write_timeout: Option<u64>,
    /// Speak TLS only. The authority's certificate, and a client's with its key, are written to this directory as
    /// authority.pem, client.pem and client-key.pem.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) tls: Option<PathBuf>,
    /// What certificate the nodes show; a valid one unless set.
    #[arg(long)]
    certificate: Option<Certificate>,
    /// Let in only clients that show a certificate of the cluster's authority.
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    require_client_certificate: Option<bool>,
    /// Run the CQL statements of this file before the cluster is ready, each time it starts. It may be given several
    /// times.
    #[arg(long, value_name = "FILE")]
    pub(crate) load: Vec<PathBuf>,
    /// Keep schema and rows in this directory, and go on with those that are there.
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,
    /// Let this go wrong on all nodes from the start, as `fault add` has it. It may be given several times.
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Version {
    V4,
    V5,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Certificate {
    Valid,
    OtherName,
    Expired,
}

impl ClusterOptions {
    /// These, and of the others what these leave open.
    pub(crate) fn or(self, other: Self) -> Self {
        // How many nodes there are is said in two ways, which belong together; so is which tokens they have.
        let (nodes, dcs) = match (self.nodes, self.dcs) {
            (None, None) => (other.nodes, other.dcs),
            said => said,
        };
        let (tokens_per_node, balanced_tokens) = match (self.tokens_per_node, self.balanced_tokens)
        {
            (None, None) => (other.tokens_per_node, other.balanced_tokens),
            said => said,
        };
        Self {
            nodes,
            dcs,
            racks: self.racks.or(other.racks),
            tokens_per_node,
            balanced_tokens,
            seed: self.seed.or(other.seed),
            name: self.name.or(other.name),
            port: self.port.or(other.port),
            one_address: self.one_address.or(other.one_address),
            first_address: self.first_address.or(other.first_address),
            max_version: self.max_version.or(other.max_version),
            shards: self.shards.or(other.shards),
            tablets: self.tablets.or(other.tablets),
            users: both(other.users, self.users),
            mirror_payloads: self.mirror_payloads.or(other.mirror_payloads),
            read_timeout: self.read_timeout.or(other.read_timeout),
            write_timeout: self.write_timeout.or(other.write_timeout),
            tls: self.tls.or(other.tls),
            certificate: self.certificate.or(other.certificate),
            require_client_certificate: self
                .require_client_certificate
                .or(other.require_client_certificate),
            load: both(other.load, self.load),
            data: self.data.or(other.data),
            faults: both(other.faults, self.faults),
        }
    }

    pub(crate) fn builder(&self) -> Result<EmbeddedClusterBuilder, CliError> {
        let mut builder = EmbeddedCluster::builder();
        for (name, nodes) in self.datacenters()?.0 {
            builder = builder.datacenter(name, nodes);
        }
        let port = self.port.unwrap_or(9042);
        builder = if self.one_address == Some(true) {
            builder.one_address(port)
        } else {
            builder.port(port)
        };
        if let Some(racks) = self.racks {
            builder = builder.racks(racks);
        }
        if let Some(tokens) = self.tokens_per_node {
            builder = builder.tokens_per_node(tokens);
        }
        if self.balanced_tokens == Some(true) {
            builder = builder.balanced_tokens();
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        if let Some(name) = &self.name {
            builder = builder.name(name);
        }
        if let Some(address) = self.first_address {
            builder = builder.first_address(address);
        }
        if self.max_version == Some(Version::V4) {
            builder = builder.max_protocol_version(ProtocolVersion::V4);
        }
        builder = match (self.shards, self.tablets) {
            (None, None) => builder,
            (None, Some(_)) => {
                return Err(CliError::OptionNeeds { option: "--tablets", needed: "--shards" });
            }
            (Some(shards), None) => builder.scylla(Scylla::new(shards)),
            (Some(shards), Some(tablets)) => builder.scylla(Scylla::new(shards).tablets(tablets)),
        };
        for User { name, password } in &self.users {
            builder = builder.authentication(name, password);
        }
        if self.mirror_payloads == Some(true) {
            builder = builder.mirror_payloads();
        }
        if let Some(directory) = &self.data {
            builder = builder.persist(directory);
        }
        if let Some(timeout) = self.read_timeout {
            builder = builder.read_timeout(Duration::from_millis(timeout));
        }
        if let Some(timeout) = self.write_timeout {
            builder = builder.write_timeout(Duration::from_millis(timeout));
        }
        match self.tls()? {
            Some(tls) => Ok(builder.tls(tls)),
            None => Ok(builder),
        }
    }

    fn datacenters(&self) -> Result<Datacenters, CliError> {
        match (&self.dcs, self.nodes) {
            (None, nodes) => Ok(Datacenters(vec![("datacenter1".to_owned(), nodes.unwrap_or(1))])),
            (Some(dcs), Some(nodes)) if dcs.nodes() != nodes => {
                Err(CliError::NodesDisagree { nodes, in_datacenters: dcs.nodes() })
            }
            (Some(dcs), _) => Ok(dcs.clone()),
        }
    }

    fn tls(&self) -> Result<Option<Tls>, CliError> {
        if self.tls.is_none() {
            let options = [
                ("--certificate", self.certificate.is_some()),
                ("--require-client-certificate", self.require_client_certificate == Some(true)),
            ];
            return match options.into_iter().find(|(_, is_set)| *is_set) {
                Some((option, _)) => Err(CliError::OptionNeeds { option, needed: "--tls" }),
                None => Ok(None),
            };
        }
        let tls = Tls::new().node_certificate(match self.certificate {
            None | Some(Certificate::Valid) => NodeCertificate::Valid,
            Some(Certificate::OtherName) => NodeCertificate::OtherName,
            Some(Certificate::Expired) => NodeCertificate::Expired,
        });
        let requires = self.require_client_certificate == Some(true);
        Ok(Some(if requires { tls.require_client_certificate() } else { tls }))
    }
}

fn both<T>(mut first: Vec<T>, then: Vec<T>) -> Vec<T> {
    first.extend(then);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> ClusterOptions {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_command_line_goes_before_the_file() {
        let file =
            options("nodes = 5\nracks = 2\nport = 9999\nfaults = ['close']\nusers = ['a:b']");
        let line = ClusterOptions {
            dcs: Some("x:1".parse().unwrap()),
            port: Some(1),
            faults: vec!["reset".to_owned()],
            ..ClusterOptions::default()
        };
        let all = line.or(file);
        assert_eq!((all.nodes, all.racks, all.port), (None, Some(2), Some(1)));
        assert_eq!(all.faults, ["close", "reset"]);
        assert_eq!(all.datacenters().unwrap().0, [("x".to_owned(), 1)]);
        assert!(!format!("{:?}", all.users).contains("\"b\""));
    }

    #[test]
    fn tokens_are_drawn_or_balanced_as_is_said_last() {
        let file = options("tokens-per-node = 4");
        let line = || ClusterOptions { balanced_tokens: Some(true), ..ClusterOptions::default() };
        let all = line().or(file);
        assert_eq!((all.tokens_per_node, all.balanced_tokens), (None, Some(true)));
        let drawn = ClusterOptions { tokens_per_node: Some(3), ..ClusterOptions::default() };
        let all = drawn.or(line());
        assert_eq!((all.tokens_per_node, all.balanced_tokens), (Some(3), None));
    }

    #[test]
    fn options_that_cannot_be_together_are_refused() {
        let error = options("nodes = 3\ndcs = 'a:1,b:1'").builder().unwrap_err();
        assert!(matches!(error, CliError::NodesDisagree { nodes: 3, in_datacenters: 2 }));
        let error = options("certificate = 'expired'").builder().unwrap_err();
        assert_eq!(error.to_string(), "--certificate needs --tls");
        let error = options("tablets = 4").builder().unwrap_err();
        assert_eq!(error.to_string(), "--tablets needs --shards");
    }

    #[test]
    fn a_wrong_file_says_what_and_where() {
        for (text, parts) in [
            ("nodes = 3\nrack = 2", ["line 2", "unknown field `rack`"]),
            ("nodes = 'x'", ["line 1", "invalid type"]),
            ("dcs = 'dc1'", ["line 1", "is no data center"]),
            ("users = ['secret']", ["line 1", "a user is a name and a password"]),
        ] {
            let Err(error) = toml::from_str::<ClusterOptions>(text) else { panic!("{text}") };
            let error = error.to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}

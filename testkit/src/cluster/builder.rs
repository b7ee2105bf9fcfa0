//! What a cluster is to look like.

use std::sync::Arc;

use helenus_protocol::ProtocolVersion;

use super::addresses::listen_on_free_block;
use super::member::Member;
use super::ring::assign_tokens;
use super::state::ClusterState;
use super::{ClusterError, EmbeddedCluster};
use crate::engine::Engine;
use crate::server::{Credentials, SpokenVersions};
use crate::system;

/// Describes an [`EmbeddedCluster`], and starts it.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct EmbeddedClusterBuilder {
    name: String,
    datacenters: Vec<(String, usize)>,
    racks: usize,
    port: u16,
    tokens_per_node: usize,
    seed: u64,
    versions: SpokenVersions,
    credentials: Option<Credentials>,
}

impl EmbeddedClusterBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: "Embedded Cluster".to_owned(),
            datacenters: Vec::new(),
            racks: 1,
            port: 9042,
            tokens_per_node: 16,
            seed: 0,
            versions: SpokenVersions::up_to(ProtocolVersion::V5),
            credentials: None,
        }
    }

    /// The cluster's name; `Embedded Cluster` unless set.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds a data center of this many nodes. Without any, the cluster has one node in `datacenter1`.
    pub fn datacenter(mut self, name: impl Into<String>, nodes: usize) -> Self {
        self.datacenters.push((name.into(), nodes));
        self
    }

    /// How many racks the nodes of each data center are spread over, in turn; one unless set.
    pub fn racks(mut self, racks: usize) -> Self {
        self.racks = racks;
        self
    }

    /// The port that every node listens on, each on its own address; 9042 unless set.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How many tokens each node owns; 16 unless set.
    pub fn tokens_per_node(mut self, tokens: usize) -> Self {
        self.tokens_per_node = tokens;
        self
    }

    /// What the tokens are drawn from: clusters of one shape and one seed have the same ring.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The highest version of the native protocol that is spoken; v5 unless set.
    pub fn max_protocol_version(mut self, version: ProtocolVersion) -> Self {
        self.versions = SpokenVersions::up_to(version);
        self
    }

    /// Lets in only users that are named here, with their passwords. It may be called several times.
    pub fn authentication(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials.get_or_insert_default().add(user.into(), password.into());
        self
    }

    /// Starts the nodes; when it returns, all of them accept connections.
    ///
    /// # Errors
    /// A cluster without nodes or tokens, or addresses that cannot be listened on.
    pub async fn start(mut self) -> Result<EmbeddedCluster, ClusterError> {
        if self.datacenters.is_empty() {
            self.datacenters.push(("datacenter1".to_owned(), 1));
        }
        let count: usize = self.datacenters.iter().map(|(_, nodes)| nodes).sum();
        for (number, what) in
            [(count, "no nodes"), (self.tokens_per_node, "no tokens"), (self.racks, "no racks")]
        {
            if number == 0 {
                return Err(ClusterError::Impossible { what: what.to_owned() });
            }
        }
        let engine = Engine::new(self.datacenters.iter().map(|(name, _)| name.clone()).collect());
        system::install(&engine)
            .map_err(|error| ClusterError::SystemTables { problem: error.to_string() })?;
        let listeners = listen_on_free_block(count, self.port).await?;
        let places = self.datacenters.iter().flat_map(|(datacenter, nodes)| {
            (0..*nodes).map(|index| (datacenter.clone(), format!("rack{}", index % self.racks + 1)))
        });
        let tokens = assign_tokens(count, self.tokens_per_node, self.seed);
        let mut members = Vec::with_capacity(count);
        for ((listener, (datacenter, rack)), tokens) in listeners.iter().zip(places).zip(tokens) {
            let address = listener.local_addr().map_err(|source| ClusterError::Bind {
                address: ([127, 0, 0, 1], self.port).into(),
                source,
            })?;
            members.push(Arc::new(Member::new(address, datacenter, rack, tokens)));
        }
        let state = ClusterState::new(self.name, engine, members, self.versions, self.credentials);
        Ok(EmbeddedCluster::run(Arc::new(state), listeners))
    }
}

//! What a cluster is to look like.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::ProtocolVersion;
use uuid::Uuid;

use super::addresses::{Addresses, Layout};
use super::member::{Identity, Member};
use super::ring::Ring;
use super::state::{ClusterState, Settings, Timeouts};
use super::{ClusterError, EmbeddedCluster, Troubles, open_files};
use crate::engine::Engine;
use crate::persistence;
use crate::scylla::{self, Scylla};
use crate::server::{Credentials, SpokenVersions};
use crate::system;

/// Which tokens the nodes have.
#[derive(Debug, Clone, Copy)]
enum Tokens {
    Drawn {
        per_node: usize,
    },
    /// One each.
    Balanced,
}

/// Describes an [`EmbeddedCluster`], and starts it.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct EmbeddedClusterBuilder {
    name: String,
    datacenters: Vec<(String, usize)>,
    racks: usize,
    layout: Layout,
    first_address: Option<Ipv4Addr>,
    tokens: Tokens,
    seed: u64,
    versions: SpokenVersions,
    credentials: Option<Credentials>,
    timeouts: Timeouts,
    scylla: Option<Scylla>,
    mirrors_payloads: bool,
    data: Option<PathBuf>,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::Tls>,
}

impl EmbeddedClusterBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: "Embedded Cluster".to_owned(),
            datacenters: Vec::new(),
            racks: 1,
            layout: Layout::Addresses(9042),
            first_address: None,
            tokens: Tokens::Drawn { per_node: 16 },
            seed: 0,
            versions: SpokenVersions::up_to(ProtocolVersion::V5),
            credentials: None,
            timeouts: Timeouts { read: Duration::from_secs(5), write: Duration::from_secs(2) },
            scylla: None,
            mirrors_payloads: false,
            data: None,
            #[cfg(feature = "tls")]
            tls: None,
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
        self.layout = Layout::Addresses(port);
        self
    }

    /// Puts all nodes on one address, the first on port `first` and each of the others on the next port.
    /// `system.peers_v2` tells them apart; `system.peers`, which knows addresses only, shows one of them.
    pub fn one_address(mut self, first: u16) -> Self {
        self.layout = Layout::Ports(first);
        self
    }

    /// The address of the first node; the others have those behind it, or, on [one address](Self::one_address), the
    /// ports. It has to be one of this machine's. Unless set, the nodes are on addresses of 127.0.0.0/8 that nobody
    /// else uses.
    pub fn first_address(mut self, address: Ipv4Addr) -> Self {
        self.first_address = Some(address);
        self
    }

    /// How long coordinators wait for replicas that read; five seconds unless set, as in Cassandra.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.read = timeout;
        self
    }

    /// How long coordinators wait for replicas that write; two seconds unless set, as in Cassandra.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.write = timeout;
        self
    }

    /// How many tokens each node owns; 16 unless set.
    pub fn tokens_per_node(mut self, tokens: usize) -> Self {
        self.tokens = Tokens::Drawn { per_node: tokens };
        self
    }

    /// Gives each node one token, all of a data center's equally far from each other, as ccm does without virtual
    /// nodes: node `i` of `n` has `i * 2^64 / n - 2^63`, and 100 more for each data center before its own. Whatever
    /// [`tokens_per_node`](Self::tokens_per_node) said before does not count. Nodes that join later draw theirs.
    pub fn balanced_tokens(mut self) -> Self {
        self.tokens = Tokens::Balanced;
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

    /// Puts the custom payload of each request into its answer, unless that is an error; a node drops payloads unless
    /// set. Cassandra does so with its `CustomPayloadMirroringQueryHandler`.
    pub fn mirror_payloads(mut self) -> Self {
        self.mirrors_payloads = true;
        self
    }

    /// Lets the nodes speak TLS, and nothing else.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::tls::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Makes the nodes ScyllaDB's; Cassandra's unless set. They speak v4 then, whatever
    /// [`max_protocol_version`](Self::max_protocol_version) says.
    pub fn scylla(mut self, scylla: Scylla) -> Self {
        self.scylla = Some(scylla);
        self
    }

    /// Keeps schema and rows in this directory, which is made if there is none, and goes on with those that are there;
    /// in memory alone unless set. What a write changes is with the operating system before it is answered, so that
    /// it survives the end of the process, however that ends; a crash of the machine may take the last writes.
    /// [`restored`](EmbeddedCluster::restored) tells what was found.
    ///
    /// Nodes, roles, what was prepared and traces are not kept: addresses, tokens and host ids are what they would be
    /// otherwise, and tables have new ids.
    ///
    /// ```
    /// use helenus_testkit::EmbeddedCluster;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let directory = std::env::temp_dir().join(format!("helenus-data-{}", std::process::id()));
    /// let builder = EmbeddedCluster::builder().persist(&directory);
    /// let cluster = builder.clone().start().await?;
    /// cluster.load(
    ///     "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
    ///      CREATE TABLE ks.t (k int PRIMARY KEY); INSERT INTO ks.t (k) VALUES (1);",
    /// )?;
    /// cluster.shutdown().await;
    ///
    /// let again = builder.start().await?;
    /// assert_eq!(again.restored().map(|restored| restored.writes), Some(1));
    /// # again.shutdown().await;
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn persist(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self
    }

    /// Starts the nodes; when it returns, all of them accept connections.
    ///
    /// # Errors
    /// A cluster without nodes or tokens, addresses that cannot be listened on, or more nodes than the process may have
    /// files open; its limit is raised as far as it may be. Data that cannot be restored or kept.
    pub async fn start(mut self) -> Result<EmbeddedCluster, ClusterError> {
        if self.datacenters.is_empty() {
            self.datacenters.push(("datacenter1".to_owned(), 1));
        }
        let count: usize = self.datacenters.iter().map(|(_, nodes)| nodes).sum();
        let tokens_per_node = match self.tokens {
            Tokens::Drawn { per_node } => per_node,
            Tokens::Balanced => 1,
        };
        for (number, what) in
            [(count, "no nodes"), (tokens_per_node, "no tokens"), (self.racks, "no racks")]
        {
            if number == 0 {
                return Err(ClusterError::Impossible { what: what.to_owned() });
            }
        }
        if let Some(what) = self.scylla.and_then(Scylla::problem) {
            return Err(ClusterError::Impossible { what });
        }
        if self.scylla.is_some() {
            self.versions = SpokenVersions::up_to(ProtocolVersion::V4);
        }
        let engine = Engine::new();
        let is_scylla = self.scylla.is_some();
        system::install(&engine)
            .and_then(|()| if is_scylla { scylla::install(&engine) } else { Ok(()) })
            .map_err(|error| ClusterError::SystemTables { problem: error.to_string() })?;
        for (user, password) in self.credentials.iter().flat_map(Credentials::users) {
            engine.roles.add_superuser(user, password);
        }
        open_files::allow_for(count);
        let shard_aware = self.scylla.and_then(Scylla::shard_aware_port);
        let (addresses, listeners) =
            Addresses::claim(self.layout, self.first_address, shard_aware, count).await?;
        let places = self.datacenters.iter().flat_map(|(datacenter, nodes)| {
            (0..*nodes).map(|index| (datacenter.clone(), format!("rack{}", index % self.racks + 1)))
        });
        let mut ring = Ring::new(tokens_per_node, self.seed);
        let tokens: Vec<_> = match self.tokens {
            Tokens::Drawn { .. } => (0..count).map(|_| ring.draw()).collect(),
            Tokens::Balanced => ring.balance(self.datacenters.iter().map(|(_, nodes)| *nodes)),
        };
        let troubles = Troubles::default();
        let mut members = Vec::with_capacity(count);
        for ((listener, (datacenter, rack)), tokens) in listeners.iter().zip(places).zip(tokens) {
            let address = listener.address;
            let identity = Identity {
                address,
                storage_port: addresses.storage_port(address),
                datacenter,
                rack,
                host_id: Uuid::new_v4(),
                tokens,
                shards: self.scylla.and_then(Scylla::shards),
            };
            members.push(Arc::new(Member::new(identity, troubles.clone())));
        }
        let settings = Settings {
            name: self.name,
            versions: self.versions,
            credentials: self.credentials,
            timeouts: self.timeouts,
            scylla: self.scylla,
            mirrors_payloads: self.mirrors_payloads,
        };
        let state = ClusterState::new(settings, engine, members, troubles);
        #[cfg(feature = "tls")]
        let state = state.with_tls(self.tls)?;
        let data = self.data.as_deref();
        let restored = data.map(|path| persistence::open(&state.engine, path)).transpose()?;
        Ok(EmbeddedCluster::run(Arc::new(state), addresses, ring, listeners, restored))
    }
}

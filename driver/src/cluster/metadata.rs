#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::try_join_all;
use helenus_policies::{Node, NodeIndex, ReplicationStrategy};
use helenus_protocol::{
    BoundValues, Cell, Consistency, DecodeRowError, ErrorKind, FrameFlags, Query, QueryParameters,
    Request, Response, RowMismatch, Rows, ServerError, Token,
};
use thiserror::Error;
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::due::{KeyspaceScope, MAX_KEYSPACES, Scope};
use super::offload::offload;
use super::{ClusterConfig, Translator};
use crate::connection::{Connection, ReplyError, Term};

/// Why the cluster's metadata could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The connection was lost, or the answer did not come in time.
    #[error("{query:?} got no answer: {reason}")]
    NoAnswer {
        /// The query.
        query: &'static str,
        /// Why there was none.
        reason: String,
    },
    /// The server refused a query.
    #[error("{query:?} was refused: {error}")]
    Refused {
        /// The query.
        query: &'static str,
        /// The server's words.
        #[source]
        error: Box<ServerError>,
    },
    /// A system table does not have the columns that it should have.
    #[error("{query:?} gave other columns than expected: {error}")]
    Columns {
        /// The query.
        query: &'static str,
        /// What differs.
        #[source]
        error: Box<RowMismatch>,
    },
    /// A system table's rows cannot be read.
    #[error("{query:?} gave rows that cannot be read: {error}")]
    Rows {
        /// The query.
        query: &'static str,
        /// What is wrong with them.
        #[source]
        error: Box<DecodeRowError>,
    },
    /// The node does not know itself.
    #[error("system.local is empty or lacks the node's host id, data center, rack or tokens")]
    NoLocal,
}

const LOCAL: &str = "SELECT host_id, rpc_address, data_center, rack, release_version, tokens FROM system.local WHERE key='local'";
const PEERS_V2: &str = "SELECT host_id, native_address, native_port, data_center, rack, release_version, tokens \
                        FROM system.peers_v2";
const PEERS: &str =
    "SELECT host_id, rpc_address, data_center, rack, release_version, tokens FROM system.peers";
const KEYSPACES: &str = "SELECT keyspace_name, replication FROM system_schema.keyspaces";
const LOCAL_SCHEMA: &str = "SELECT host_id, schema_version FROM system.local WHERE key='local'";
const PEERS_SCHEMA: &str = "SELECT host_id, schema_version FROM system.peers";

type Row<'a> = (
    Option<Uuid>,
    Option<IpAddr>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<Vec<&'a str>>,
);
type RowV2<'a> = (
    Option<Uuid>,
    Option<IpAddr>,
    Option<i32>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<Vec<&'a str>>,
);

const KEYSPACE: &str =
    "SELECT keyspace_name, replication FROM system_schema.keyspaces WHERE keyspace_name = ?";

/// Queries of the session's own over one connection at once: they are not held up by a limit of requests.
const AT_ONCE: usize = 4 + MAX_KEYSPACES;

/// Replication strategies by keyspace.
pub(super) type Keyspaces = HashMap<String, ReplicationStrategy>;

/// What was read of the metadata.
#[derive(Debug)]
pub(super) struct News {
    /// Every node, the one that was asked first; `None` where nodes were not read.
    pub(super) nodes: Option<Vec<Node>>,
    /// Keyspaces that were read.
    pub(super) keyspaces: Keyspaces,
    /// Which keyspaces those were. One that was looked for and not found is gone.
    pub(super) scope: KeyspaceScope,
}

/// Reads the system tables over one connection.
#[derive(Debug, Clone)]
pub(super) struct SystemTables {
    pub(super) connection: Arc<Connection>,
    timeout: Duration,
    translator: Option<Translator>,
}

impl SystemTables {
    pub(super) fn new(connection: Arc<Connection>, config: &ClusterConfig) -> Self {
        let timeout = config.metadata_timeout;
        Self { connection, timeout, translator: config.translator.clone() }
    }

    /// Reads what is in `scope`.
    pub(super) async fn read(&self, scope: Scope) -> Result<News, MetadataError> {
        let Scope { nodes, keyspaces: scope } = scope;
        let nodes = async {
            match nodes {
                true => self.nodes().await.map(Some),
                false => Ok(None),
            }
        };
        let (nodes, keyspaces) = tokio::try_join!(nodes, self.keyspaces(&scope))?;
        Ok(News { nodes, keyspaces, scope })
    }

    /// Every node, the one that is asked first.
    async fn nodes(&self) -> Result<Vec<Node>, MetadataError> {
        let (local, peers) = tokio::try_join!(self.query(LOCAL, None), self.peers())?;
        let (size, address) = (peers.1.content.len(), self.connection.address());
        let translator = self.translator.clone();
        // A thousand nodes have a quarter of a million tokens.
        offload(size, move || nodes(address, translator.as_ref(), &local, &peers))
            .await
            .unwrap_or_else(|| {
                Err(MetadataError::NoAnswer {
                    query: LOCAL,
                    reason: "the runtime is ending".to_owned(),
                })
            })
    }

    /// What the node knows of its peers, and by which query.
    async fn peers(&self) -> Result<(&'static str, Rows), MetadataError> {
        match self.query(PEERS_V2, None).await {
            Ok(rows) => Ok((PEERS_V2, rows)),
            Err(MetadataError::Refused { error, .. }) if error.kind == ErrorKind::Invalid => {
                Ok((PEERS, self.query(PEERS, None).await?))
            }
            Err(error) => Err(error),
        }
    }

    /// The replication of keyspaces.
    async fn keyspaces(&self, scope: &KeyspaceScope) -> Result<Keyspaces, MetadataError> {
        let strategy = |(keyspace, options): (String, BTreeMap<String, String>)| {
            match ReplicationStrategy::from_options(&options) {
                Ok(strategy) => Some((keyspace, strategy)),
                Err(error) => {
                    tracing::warn!(keyspace, %error, "a keyspace is routed without replicas");
                    None
                }
            }
        };
        let all = match scope {
            KeyspaceScope::All => vec![(KEYSPACES, self.query(KEYSPACES, None).await?)],
            KeyspaceScope::These(names) => {
                let queries = names.iter().map(|name| self.query(KEYSPACE, Some(name)));
                let rows = try_join_all(queries).await?;
                rows.into_iter().map(|rows| (KEYSPACE, rows)).collect()
            }
        };
        let mut keyspaces = Keyspaces::new();
        for (query, rows) in &all {
            keyspaces.extend(read(query, rows)?.into_iter().filter_map(strategy));
        }
        Ok(keyspaces)
    }

    /// The schema version of every node that this one knows of.
    pub(super) async fn schema_versions(&self) -> Result<Vec<(Uuid, Uuid)>, MetadataError> {
        let (local, peers) =
            tokio::try_join!(self.query(LOCAL_SCHEMA, None), self.query(PEERS_SCHEMA, None))?;
        let mut versions = Vec::new();
        for (query, rows) in [(LOCAL_SCHEMA, &local), (PEERS_SCHEMA, &peers)] {
            let rows = read::<(Option<Uuid>, Option<Uuid>)>(query, rows)?;
            versions.extend(rows.into_iter().filter_map(|(host, version)| host.zip(version)));
        }
        Ok(versions)
    }

    /// Runs a query, with `value` for its marker.
    async fn query(&self, cql: &'static str, value: Option<&str>) -> Result<Rows, MetadataError> {
        let no_answer = |reason: String| MetadataError::NoAnswer { query: cql, reason };
        let mut values = BoundValues::default();
        if let Some(value) = value {
            values
                .push(Cell::Value(value.as_bytes()))
                .map_err(|error| no_answer(error.to_string()))?;
        }
        let parameters = QueryParameters {
            values: values.as_values(),
            ..QueryParameters::new(Consistency::One)
        };
        let request = Request::Query(Query { cql, parameters });
        let now = Instant::now();
        let term = Term { sent: now, deadline: now + self.timeout };
        let sent = self
            .connection
            .send_beyond(AT_ONCE, &request, FrameFlags::NONE, term, None)
            .map_err(|error| no_answer(error.to_string()))?;
        match sent.decoded().await.map(|body| body.response) {
            Ok(Response::Rows(rows)) => Ok(rows),
            Ok(Response::Error(error)) => {
                Err(MetadataError::Refused { query: cql, error: Box::new(error) })
            }
            Ok(other) => Err(no_answer(format!("it was answered with {:?}", other.opcode()))),
            Err(ReplyError::Expired) => {
                Err(no_answer(format!("none within {} ms", self.timeout.as_millis())))
            }
            Err(ReplyError::Lost(reason)) => Err(no_answer(reason.to_string())),
            Err(ReplyError::TooLarge { length, limit }) => {
                Err(no_answer(format!("it has {length} bytes, {limit} are taken")))
            }
            Err(ReplyError::Unreadable(error)) => Err(no_answer(error.to_string())),
        }
    }
}

/// The nodes that the rows of `system.local` and of the peers tell of, without repetition.
fn nodes(
    contact: SocketAddr,
    translator: Option<&Translator>,
    local: &Rows,
    (query, peers): &(&'static str, Rows),
) -> Result<Vec<Node>, MetadataError> {
    let row = read::<Row<'_>>(LOCAL, local)?.into_iter().next();
    let (host_id, ip, dc, rack, version, tokens) = row.ok_or(MetadataError::NoLocal)?;
    // A node that listens everywhere says so; then it is where it was found, as it is where addresses are translated.
    let ip = ip.filter(|ip| !ip.is_unspecified() && translator.is_none()).unwrap_or(contact.ip());
    let local = node(host_id, Some(ip), Some(contact.port()), dc, rack, version, tokens);
    let mut seen = HashSet::new();
    let mut nodes = vec![local.ok_or(MetadataError::NoLocal)?];
    seen.insert(nodes[0].host_id);
    let default_port = translator.map_or(contact.port(), |translator| translator.port);
    let mut add = |peer: Option<Node>| {
        let Some(mut peer) = peer.filter(|peer| seen.insert(peer.host_id)) else { return };
        peer.address = translator.map_or(peer.address, |by| by.translate(peer.address));
        nodes.push(peer);
    };
    if *query == PEERS_V2 {
        for (host_id, ip, port, dc, rack, version, tokens) in read::<RowV2<'_>>(query, peers)? {
            let port = port.map_or(Some(default_port), |port| u16::try_from(port).ok());
            add(node(host_id, ip, port, dc, rack, version, tokens));
        }
    } else {
        for (host_id, ip, dc, rack, version, tokens) in read::<Row<'_>>(query, peers)? {
            add(node(host_id, ip, Some(default_port), dc, rack, version, tokens));
        }
    }
    Ok(nodes)
}

fn read<'a, T: helenus_protocol::DecodeRow<'a>>(
    query: &'static str,
    rows: &'a Rows,
) -> Result<Vec<T>, MetadataError> {
    let columns = rows.metadata.columns.as_deref().unwrap_or_default();
    rows.typed::<T>(columns)
        .map_err(|error| MetadataError::Columns { query, error: Box::new(error) })?
        .collect::<Result<_, _>>()
        .map_err(|error| MetadataError::Rows { query, error: Box::new(error) })
}

/// A node, unless its row lacks something: such rows appear while nodes join and leave.
fn node(
    host_id: Option<Uuid>,
    ip: Option<IpAddr>,
    port: Option<u16>,
    datacenter: Option<&str>,
    rack: Option<&str>,
    release_version: Option<&str>,
    tokens: Option<Vec<&str>>,
) -> Option<Node> {
    let found = (|| {
        Some(Node {
            index: NodeIndex::default(),
            host_id: host_id?,
            address: SocketAddr::new(ip?, port?),
            datacenter: datacenter?.into(),
            rack: rack?.into(),
            release_version: release_version.map(Into::into),
            tokens: tokens?
                .iter()
                .map(|token| token.parse())
                .collect::<Result<Vec<Token>, _>>()
                .ok()?,
        })
    })();
    if found.is_none() {
        tracing::warn!(
            ?host_id,
            ?ip,
            ?datacenter,
            ?rack,
            "a node's row is incomplete and is left out"
        );
    }
    found
}

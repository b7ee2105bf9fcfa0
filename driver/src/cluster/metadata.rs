use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use helenus_policies::{Node, NodeIndex, ReplicationStrategy};
use helenus_protocol::{
    Consistency, DecodeRowError, ErrorKind, FrameFlags, Query, QueryParameters, Request, Response,
    RowMismatch, Rows, ServerError, Token,
};
use thiserror::Error;
use tokio::time::{Duration, Instant};
use uuid::Uuid;

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

const LOCAL: &str =
    "SELECT host_id, rpc_address, data_center, rack, tokens FROM system.local WHERE key='local'";
const PEERS_V2: &str =
    "SELECT host_id, native_address, native_port, data_center, rack, tokens FROM system.peers_v2";
const PEERS: &str = "SELECT host_id, rpc_address, data_center, rack, tokens FROM system.peers";
const KEYSPACES: &str = "SELECT keyspace_name, replication FROM system_schema.keyspaces";
const LOCAL_SCHEMA: &str = "SELECT host_id, schema_version FROM system.local WHERE key='local'";
const PEERS_SCHEMA: &str = "SELECT host_id, schema_version FROM system.peers";

type Row<'a> =
    (Option<Uuid>, Option<IpAddr>, Option<&'a str>, Option<&'a str>, Option<Vec<&'a str>>);
type RowV2<'a> = (
    Option<Uuid>,
    Option<IpAddr>,
    Option<i32>,
    Option<&'a str>,
    Option<&'a str>,
    Option<Vec<&'a str>>,
);

/// Replication strategies by keyspace.
pub(super) type Keyspaces = HashMap<String, ReplicationStrategy>;

/// Reads the system tables over one connection.
#[derive(Debug, Clone)]
pub(super) struct SystemTables {
    pub(super) connection: Arc<Connection>,
    pub(super) timeout: Duration,
}

impl SystemTables {
    /// Every node, the one that is asked first.
    pub(super) async fn nodes(&self) -> Result<Vec<Node>, MetadataError> {
        let (local, peers) = tokio::try_join!(self.local(), self.peers())?;
        let mut nodes = vec![local];
        for peer in peers {
            if nodes.iter().all(|node| node.host_id != peer.host_id) {
                nodes.push(peer);
            }
        }
        Ok(nodes)
    }

    async fn local(&self) -> Result<Node, MetadataError> {
        let rows = self.query(LOCAL).await?;
        let port = self.connection.address().port();
        let row = read::<Row<'_>>(LOCAL, &rows)?.into_iter().next();
        let (host_id, ip, dc, rack, tokens) = row.ok_or(MetadataError::NoLocal)?;
        // A node that listens everywhere says so; then it is where it was found.
        let ip = ip.filter(|ip| !ip.is_unspecified()).unwrap_or(self.connection.address().ip());
        node(host_id, Some(ip), Some(port), dc, rack, tokens).ok_or(MetadataError::NoLocal)
    }

    async fn peers(&self) -> Result<Vec<Node>, MetadataError> {
        let default_port = self.connection.address().port();
        match self.query(PEERS_V2).await {
            Ok(rows) => Ok(read::<RowV2<'_>>(PEERS_V2, &rows)?
                .into_iter()
                .filter_map(|(host_id, ip, port, dc, rack, tokens)| {
                    let port = port.map_or(Some(default_port), |port| u16::try_from(port).ok());
                    node(host_id, ip, port, dc, rack, tokens)
                })
                .collect()),
            Err(MetadataError::Refused { error, .. }) if error.kind == ErrorKind::Invalid => {
                let rows = self.query(PEERS).await?;
                Ok(read::<Row<'_>>(PEERS, &rows)?
                    .into_iter()
                    .filter_map(|(host_id, ip, dc, rack, tokens)| {
                        node(host_id, ip, Some(default_port), dc, rack, tokens)
                    })
                    .collect())
            }
            Err(error) => Err(error),
        }
    }

    /// The replication of every keyspace.
    pub(super) async fn keyspaces(&self) -> Result<Keyspaces, MetadataError> {
        let rows = self.query(KEYSPACES).await?;
        let strategy = |(keyspace, options): (String, BTreeMap<String, String>)| {
            match ReplicationStrategy::from_options(&options) {
                Ok(strategy) => Some((keyspace, strategy)),
                Err(error) => {
                    tracing::warn!(keyspace, %error, "a keyspace is routed without replicas");
                    None
                }
            }
        };
        Ok(read(KEYSPACES, &rows)?.into_iter().filter_map(strategy).collect())
    }

    /// The schema version of every node that this one knows of.
    pub(super) async fn schema_versions(&self) -> Result<Vec<(Uuid, Uuid)>, MetadataError> {
        let (local, peers) = tokio::try_join!(self.query(LOCAL_SCHEMA), self.query(PEERS_SCHEMA))?;
        let mut versions = Vec::new();
        for (query, rows) in [(LOCAL_SCHEMA, &local), (PEERS_SCHEMA, &peers)] {
            let rows = read::<(Option<Uuid>, Option<Uuid>)>(query, rows)?;
            versions.extend(rows.into_iter().filter_map(|(host, version)| host.zip(version)));
        }
        Ok(versions)
    }

    async fn query(&self, cql: &'static str) -> Result<Rows, MetadataError> {
        let no_answer = |reason: String| MetadataError::NoAnswer { query: cql, reason };
        let parameters = QueryParameters::new(Consistency::One);
        let request = Request::Query(Query { cql, parameters });
        let now = Instant::now();
        let term = Term { sent: now, deadline: now + self.timeout };
        let sent = self
            .connection
            .send(&request, FrameFlags::NONE, term, None)
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
            Err(ReplyError::Unreadable(error)) => Err(no_answer(error.to_string())),
        }
    }
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
    tokens: Option<Vec<&str>>,
) -> Option<Node> {
    let found = (|| {
        Some(Node {
            index: NodeIndex::default(),
            host_id: host_id?,
            address: SocketAddr::new(ip?, port?),
            datacenter: datacenter?.into(),
            rack: rack?.into(),
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

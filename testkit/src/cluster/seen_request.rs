//! A request as a node saw it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use helenus_protocol::{Consistency, Opcode};

use super::bound_value::RawValues;
use super::{BoundValue, ConnectionId};

/// A request that a node was sent, whether it carried it out or not.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SeenRequest {
    /// What it asks for.
    pub opcode: Opcode,
    /// The consistency level, where the request has one.
    pub consistency: Option<Consistency>,
    /// What it runs or prepares, in order; nothing of a prepared id that the node does not know.
    pub statements: Vec<SeenStatement>,
    /// The node that was asked.
    pub node: SocketAddr,
    /// The shard that was asked, of a node of ScyllaDB.
    pub shard: Option<u16>,
    /// The connection that it came on.
    pub connection: ConnectionId,
    /// The client's end of the connection.
    pub client: SocketAddr,
    /// When it came.
    pub at: Instant,
}

/// A statement in a request.
#[derive(Debug, Clone)]
pub struct SeenStatement {
    pub(crate) cql: Arc<str>,
    pub(crate) is_prepared: bool,
    pub(crate) values: Option<RawValues>,
}

impl SeenStatement {
    /// Its text, also where it came by a prepared id.
    pub fn cql(&self) -> &str {
        &self.cql
    }

    /// Whether it came by a prepared id.
    pub fn is_prepared(&self) -> bool {
        self.is_prepared
    }

    /// The values of its bind markers, in order; none of a statement that could not be understood, whose markers have
    /// no types.
    pub fn values(&self) -> Vec<BoundValue> {
        self.values.as_ref().map(RawValues::decode).unwrap_or_default()
    }
}

impl fmt::Display for SeenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opcode, consistency, statements, node, shard, connection, client, .. } = self;
        write!(f, "{client} {connection} -> {node}")?;
        if let Some(shard) = shard {
            write!(f, " shard {shard}")?;
        }
        write!(f, " {}", format!("{opcode:?}").to_uppercase())?;
        if let Some(consistency) = consistency {
            write!(f, " {consistency}")?;
        }
        for (index, statement) in statements.iter().enumerate() {
            write!(f, "{} {statement}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl fmt::Display for SeenStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cql)?;
        let values = self.values();
        if values.is_empty() {
            return Ok(());
        }
        let values: Vec<_> = values.iter().map(ToString::to_string).collect();
        write!(f, " [{}]", values.join(", "))
    }
}

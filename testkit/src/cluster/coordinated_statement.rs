//! What a node remembers of a statement that it was asked to run.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use helenus_protocol::{Consistency, Opcode};

use super::SeenRequest;

/// A statement that a node was asked to run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoordinatedStatement {
    /// Its text, also where it came by a prepared id.
    pub cql: Arc<str>,
    /// How it came.
    pub kind: StatementKind,
    /// The consistency level that was asked for.
    pub consistency: Consistency,
    /// The node that was asked.
    pub node: SocketAddr,
    /// The client's end of the connection, which no other connection has at the same time.
    pub client: SocketAddr,
    /// When it came.
    pub at: Instant,
}

/// How a statement came to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// By itself, as text.
    Simple,
    /// By itself, by the id that preparing it gave.
    Prepared,
    /// In a batch.
    Batched,
}

impl CoordinatedStatement {
    /// What `request` runs.
    pub(super) fn of(request: &SeenRequest) -> impl Iterator<Item = Self> {
        let kind = match request.opcode {
            Opcode::Query => Some(StatementKind::Simple),
            Opcode::Execute => Some(StatementKind::Prepared),
            Opcode::Batch => Some(StatementKind::Batched),
            _ => None,
        };
        kind.zip(request.consistency).into_iter().flat_map(move |(kind, consistency)| {
            request.statements.iter().map(move |statement| Self {
                cql: statement.cql.clone(),
                kind,
                consistency,
                node: request.node,
                client: request.client,
                at: request.at,
            })
        })
    }
}

impl fmt::Display for CoordinatedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cql, kind, consistency, node, client, .. } = self;
        write!(f, "{client} -> {node} {consistency} {kind:?}: {cql}")
    }
}

//! What a fault may strike.

use std::sync::Arc;

use helenus_protocol::Opcode;

use crate::cluster::ConnectionId;

/// Something that a node is about to answer.
#[derive(Debug)]
pub(crate) enum Occasion {
    Request(RequestOccasion),
    /// A coordinator, perhaps the node itself, wants to know what the node holds, or have it write.
    Replica(Vec<Arc<str>>),
}

/// A client's request.
#[derive(Debug)]
pub(crate) struct RequestOccasion {
    pub(crate) opcode: Opcode,
    pub(crate) connection: ConnectionId,
    /// Whether the connection is not ready yet.
    pub(crate) is_handshake: bool,
    /// The texts of what is to be run or prepared.
    pub(crate) statements: Vec<Arc<str>>,
}

impl RequestOccasion {
    pub(super) fn is_about_statements(&self) -> bool {
        matches!(self.opcode, Opcode::Query | Opcode::Prepare | Opcode::Execute | Opcode::Batch)
    }
}

impl Occasion {
    pub(super) fn statements(&self) -> &[Arc<str>] {
        match self {
            Self::Request(request) => &request.statements,
            Self::Replica(statements) => statements,
        }
    }
}

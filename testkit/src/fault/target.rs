//! Which answers a fault is about.

use helenus_protocol::Opcode;

use super::Occasion;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    All,
    Handshake,
    Statements,
    Prepared,
    Opcode(Opcode),
    /// What replicas tell coordinators, and nothing that clients are told.
    Replicas,
}

impl Target {
    pub(super) fn includes(self, occasion: &Occasion) -> bool {
        let Occasion::Request(request) = occasion else { return self == Self::Replicas };
        match self {
            Self::All => true,
            Self::Handshake => request.is_handshake,
            Self::Statements => request.is_about_statements(),
            Self::Prepared => matches!(request.opcode, Opcode::Execute | Opcode::Batch),
            Self::Opcode(opcode) => request.opcode == opcode,
            Self::Replicas => false,
        }
    }
}

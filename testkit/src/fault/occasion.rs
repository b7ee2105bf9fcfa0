//! A request that a fault may strike.

use std::sync::Arc;

use helenus_protocol::Opcode;

#[derive(Debug)]
pub(crate) struct Occasion {
    pub(crate) opcode: Opcode,
    /// Whether the connection is not ready yet.
    pub(crate) is_handshake: bool,
    /// The texts of what is to be run or prepared.
    pub(crate) statements: Vec<Arc<str>>,
}

impl Occasion {
    pub(super) fn is_about_statements(&self) -> bool {
        matches!(self.opcode, Opcode::Query | Opcode::Prepare | Opcode::Execute | Opcode::Batch)
    }
}

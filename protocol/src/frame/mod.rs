//! What stands before every message: version, flags, stream, opcode, length.

mod codec;
mod dialect;
mod header;
mod opcode;
mod version;

pub use codec::{FrameCodec, FrameError};
pub use dialect::Dialect;
pub use header::{Direction, FrameFlags, FrameHeader};
pub use opcode::Opcode;
pub use version::ProtocolVersion;

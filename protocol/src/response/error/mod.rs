//! What a server says when a request fails.

mod body;
mod failure_reason;
mod kind;
mod rate_limit;
mod write_type;

pub use failure_reason::FailureReason;
pub use kind::ErrorKind;
pub use rate_limit::RateLimitedOperation;
pub use write_type::WriteType;

use bytes::Bytes;
use thiserror::Error;

use crate::wire::{Reader, Writer};
use crate::{Dialect, EncodeError, ProtocolVersion, WireError};

/// An error as a server reports it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} ({}, code {:#06x})", self.kind.name(), self.kind.code())]
pub struct ServerError {
    /// What kind of error, with its numbers.
    pub kind: ErrorKind,
    /// The server's words.
    pub message: String,
}

impl ServerError {
    /// An error of this kind, in these words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Whether the node refused the request because it is being stopped: it has not run it and will take no other.
    ///
    /// The protocol has no code for it. Cassandra says it with that of an overloaded node, in these words
    /// (`org.apache.cassandra.transport.Dispatcher`, 4.1 and 5.0).
    pub fn is_shutting_down(&self) -> bool {
        self.kind == ErrorKind::Overloaded && self.message == "Server is shutting down"
    }

    pub(in crate::response) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.put_int(self.kind.code());
        out.put_string("an error's message", &self.message)?;
        self.kind.encode(version, out)
    }

    pub(in crate::response) fn decode(
        dialect: Dialect,
        reader: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        let code = reader.int("an error's code")?;
        let message = reader.string("an error's message")?.to_owned();
        let kind = ErrorKind::decode(code, dialect, reader, body)?;
        Ok(Self { kind, message })
    }
}

//! Errors as a server reports them.

use bytes::Bytes;
use helenus_protocol::{ErrorKind, ServerError, WireError, WriteType};

use crate::query_error::QueryError;

/// A message may have 65,535 bytes; nobody reads that many.
const LONGEST_MESSAGE: usize = 16 * 1024;

impl From<QueryError> for ServerError {
    fn from(error: QueryError) -> Self {
        let mut message = error.to_string();
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
        let count = |replicas: usize| i32::try_from(replicas).unwrap_or(i32::MAX);
        let kind = match error {
            QueryError::Syntax(_) => ErrorKind::SyntaxError,
            QueryError::Invalid(_) => ErrorKind::Invalid,
            QueryError::Configuration(_) => ErrorKind::ConfigError,
            QueryError::Protocol(_) => ErrorKind::ProtocolError,
            QueryError::Failure(_) => ErrorKind::ServerError,
            QueryError::Unauthorized(_) => ErrorKind::Unauthorized,
            QueryError::FunctionFailure { function, arguments, .. } => {
                let keyspace = "system".to_owned();
                ErrorKind::FunctionFailure { keyspace, function, arguments }
            }
            QueryError::AlreadyExists { keyspace, table, .. } => {
                ErrorKind::AlreadyExists { keyspace, table }
            }
            QueryError::Unavailable { consistency, required, alive } => ErrorKind::Unavailable {
                consistency,
                required: count(required),
                alive: count(alive),
            },
            QueryError::ReadTimeout { consistency, received, required, data_present } => {
                let (received, required) = (count(received), count(required));
                ErrorKind::ReadTimeout { consistency, received, required, data_present }
            }
            QueryError::WriteTimeout { consistency, received, required, write_type } => {
                let (received, required) = (count(received), count(required));
                let contentions = (write_type == WriteType::Cas).then_some(0);
                ErrorKind::WriteTimeout { consistency, received, required, write_type, contentions }
            }
            QueryError::TruncateTimeout { .. } => ErrorKind::TruncateError,
            QueryError::Unprepared(id) => ErrorKind::Unprepared { id: Bytes::from(id) },
        };
        Self::new(kind, message)
    }
}

pub(super) fn protocol_error(message: impl Into<String>) -> ServerError {
    ServerError::new(ErrorKind::ProtocolError, message)
}

/// A request that cannot be read.
pub(super) fn malformed(error: &WireError) -> ServerError {
    protocol_error(error.to_string())
}

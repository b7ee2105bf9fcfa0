//! Why a statement fails, with the code and in the words of Cassandra.

use helenus_protocol::{Consistency, WriteType};

use crate::cql::SyntaxError;

/// The identifier of a prepared statement.
pub(crate) type PreparedId = [u8; 16];

/// A statement that is refused or fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("{0}")]
    Syntax(String),
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Configuration(String),
    #[error("{0}")]
    Protocol(String),
    /// What the cluster itself could not do.
    #[error("{0}")]
    Failure(String),
    #[error("{0}")]
    Unauthorized(String),
    /// A function that could make nothing of its arguments.
    #[error("{message}")]
    FunctionFailure { function: String, arguments: Vec<String>, message: String },
    #[error("{message}")]
    AlreadyExists { keyspace: String, table: String, message: String },
    #[error("Cannot achieve consistency level {consistency}")]
    Unavailable { consistency: Consistency, required: usize, alive: usize },
    #[error("Operation timed out - received only {received} responses.")]
    ReadTimeout { consistency: Consistency, received: usize, required: usize, data_present: bool },
    #[error("Operation timed out - received only {received} responses.")]
    WriteTimeout {
        consistency: Consistency,
        received: usize,
        required: usize,
        write_type: WriteType,
    },
    #[error("Truncate timed out - received only {received} responses")]
    TruncateTimeout { received: usize },
    #[error("Prepared query with ID {} not found (either the query was not prepared on this host (maybe the host has been restarted?) or you have prepared too many queries and it has been evicted from the internal cache)", hex(.0))]
    Unprepared(Vec<u8>),
}

impl QueryError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// Valid CQL that the embedded cluster has no answer to.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::Invalid(format!("{what}: not supported by the embedded cluster"))
    }
}

impl From<SyntaxError> for QueryError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error.to_string())
    }
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

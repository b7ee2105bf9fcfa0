use std::net::IpAddr;

use bytes::Bytes;

use super::{FailureReason, RateLimitedOperation, WriteType};
use crate::Consistency;

/// What kind of error a server reports.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 0x0000: something unexpected happened on the server.
    ServerError,
    /// 0x000A: a message that does not follow the protocol.
    ProtocolError,
    /// 0x0100: wrong credentials, or none.
    BadCredentials,
    /// 0x1000: too few replicas are alive for the consistency level; nothing was tried.
    Unavailable {
        /// The level that was asked for.
        consistency: Consistency,
        /// Replicas that it takes.
        required: i32,
        /// Replicas that are alive.
        alive: i32,
    },
    /// 0x1001: the coordinator has too much to do.
    Overloaded,
    /// 0x1002: the coordinator is starting.
    IsBootstrapping,
    /// 0x1003: a TRUNCATE failed.
    TruncateError,
    /// 0x1100: too few replicas acknowledged a write in time.
    WriteTimeout {
        /// The level that was asked for.
        consistency: Consistency,
        /// Replicas that acknowledged.
        received: i32,
        /// Replicas that it takes.
        required: i32,
        /// What the write was part of.
        write_type: WriteType,
        /// How often Paxos met another proposal. v5, conditional statements only.
        contentions: Option<u16>,
    },
    /// 0x1200: too few replicas answered a read in time.
    ReadTimeout {
        /// The level that was asked for.
        consistency: Consistency,
        /// Replicas that answered.
        received: i32,
        /// Replicas that it takes.
        required: i32,
        /// Whether the replica that was asked for the data (not only a digest) answered.
        data_present: bool,
    },
    /// 0x1300: a replica failed a read.
    ReadFailure {
        /// The level that was asked for.
        consistency: Consistency,
        /// Replicas that answered.
        received: i32,
        /// Replicas that it takes.
        required: i32,
        /// Replicas that failed.
        failures: i32,
        /// Which they were, and why. v5 only.
        reasons: Vec<(IpAddr, FailureReason)>,
        /// Whether the replica that was asked for the data answered.
        data_present: bool,
    },
    /// 0x1400: a user-defined function failed.
    FunctionFailure {
        /// The function's keyspace.
        keyspace: String,
        /// Its name.
        function: String,
        /// The types of its arguments.
        arguments: Vec<String>,
    },
    /// 0x1500: a replica failed a write.
    WriteFailure {
        /// The level that was asked for.
        consistency: Consistency,
        /// Replicas that acknowledged.
        received: i32,
        /// Replicas that it takes.
        required: i32,
        /// Replicas that failed.
        failures: i32,
        /// Which they were, and why. v5 only.
        reasons: Vec<(IpAddr, FailureReason)>,
        /// What the write was part of.
        write_type: WriteType,
    },
    /// 0x1600: change data capture has no room.
    CdcWriteFailure,
    /// 0x1700: whether a conditional write happened is not known. v5 only.
    CasWriteUnknown {
        /// The level that was asked for.
        consistency: Consistency,
        /// Replicas that acknowledged.
        received: i32,
        /// Replicas that it takes.
        required: i32,
    },
    /// 0x2000: CQL that cannot be parsed.
    SyntaxError,
    /// 0x2100: the role may not do this.
    Unauthorized,
    /// 0x2200: CQL that parses, and makes no sense.
    Invalid,
    /// 0x2300: a configuration that is refused.
    ConfigError,
    /// 0x2400: the keyspace or the table is already there.
    AlreadyExists {
        /// The keyspace.
        keyspace: String,
        /// The table; empty where it is the keyspace that exists.
        table: String,
    },
    /// 0x2500: the node does not know a prepared statement.
    Unprepared {
        /// The statement's id.
        id: Bytes,
    },
    /// ScyllaDB's: a partition was asked for more often than its table allows. Its code is agreed on in STARTUP.
    RateLimitReached {
        /// The code that the connection agreed on.
        code: i32,
        /// What was asked too often.
        operation: RateLimitedOperation,
        /// Whether the coordinator refused, so that no replica was asked.
        by_coordinator: bool,
    },
    /// A code that this crate does not know.
    Other(i32),
}

/// The kinds that are a code and a message only.
pub(super) const PLAIN: &[(ErrorKind, i32, &str)] = &[
    (ErrorKind::ServerError, 0x0000, "server error"),
    (ErrorKind::ProtocolError, 0x000A, "protocol error"),
    (ErrorKind::BadCredentials, 0x0100, "bad credentials"),
    (ErrorKind::Overloaded, 0x1001, "overloaded"),
    (ErrorKind::IsBootstrapping, 0x1002, "is bootstrapping"),
    (ErrorKind::TruncateError, 0x1003, "truncate error"),
    (ErrorKind::CdcWriteFailure, 0x1600, "CDC write failure"),
    (ErrorKind::SyntaxError, 0x2000, "syntax error"),
    (ErrorKind::Unauthorized, 0x2100, "unauthorized"),
    (ErrorKind::Invalid, 0x2200, "invalid"),
    (ErrorKind::ConfigError, 0x2300, "configuration error"),
];

impl ErrorKind {
    /// The code on the wire.
    pub fn code(&self) -> i32 {
        match self {
            Self::Unavailable { .. } => 0x1000,
            Self::WriteTimeout { .. } => 0x1100,
            Self::ReadTimeout { .. } => 0x1200,
            Self::ReadFailure { .. } => 0x1300,
            Self::FunctionFailure { .. } => 0x1400,
            Self::WriteFailure { .. } => 0x1500,
            Self::CasWriteUnknown { .. } => 0x1700,
            Self::AlreadyExists { .. } => 0x2400,
            Self::Unprepared { .. } => 0x2500,
            Self::RateLimitReached { code, .. } | Self::Other(code) => *code,
            plain => PLAIN.iter().find(|(kind, ..)| kind == plain).map_or(0, |(_, code, _)| *code),
        }
    }

    /// What the specification calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::WriteTimeout { .. } => "write timeout",
            Self::ReadTimeout { .. } => "read timeout",
            Self::ReadFailure { .. } => "read failure",
            Self::FunctionFailure { .. } => "function failure",
            Self::WriteFailure { .. } => "write failure",
            Self::CasWriteUnknown { .. } => "CAS write unknown",
            Self::AlreadyExists { .. } => "already exists",
            Self::Unprepared { .. } => "unprepared",
            Self::RateLimitReached { .. } => "rate limit reached",
            Self::Other(_) => "unknown error",
            plain => {
                let found = PLAIN.iter().find(|(kind, ..)| kind == plain);
                found.map_or("unknown error", |(.., name)| name)
            }
        }
    }
}

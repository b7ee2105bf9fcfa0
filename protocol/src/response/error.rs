use std::net::IpAddr;

use bytes::Bytes;
use thiserror::Error;

use super::{FailureReason, WriteType};
use crate::wire::{Reader, Writer};
use crate::{Consistency, EncodeError, ProtocolVersion, WireError};

/// An error as a server reports it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} ({}, code {:#06x})", self.kind.name(), self.kind.code())]
pub struct ServerError {
    /// What kind of error, with its numbers.
    pub kind: ErrorKind,
    /// The server's words.
    pub message: String,
}

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
    /// A code that this crate does not know.
    Other(i32),
}

/// The kinds that are a code and a message only.
const PLAIN: &[(ErrorKind, i32, &str)] = &[
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
            Self::Other(code) => *code,
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
            Self::Other(_) => "unknown error",
            plain => {
                let found = PLAIN.iter().find(|(kind, ..)| kind == plain);
                found.map_or("unknown error", |(.., name)| name)
            }
        }
    }

    fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Unavailable { consistency, required, alive } => {
                put_counts(*consistency, *required, *alive, out);
            }
            Self::WriteTimeout { consistency, received, required, write_type, contentions } => {
                put_counts(*consistency, *received, *required, out);
                out.put_string("a write type", &write_type.to_string())?;
                if let (ProtocolVersion::V5, Some(contentions)) = (version, contentions) {
                    out.put_short(*contentions);
                }
            }
            Self::ReadTimeout { consistency, received, required, data_present } => {
                put_counts(*consistency, *received, *required, out);
                out.put_byte((*data_present).into());
            }
            Self::ReadFailure {
                consistency,
                received,
                required,
                failures,
                reasons,
                data_present,
            } => {
                put_counts(*consistency, *received, *required, out);
                put_failures(version, *failures, reasons, out)?;
                out.put_byte((*data_present).into());
            }
            Self::WriteFailure {
                consistency,
                received,
                required,
                failures,
                reasons,
                write_type,
            } => {
                put_counts(*consistency, *received, *required, out);
                put_failures(version, *failures, reasons, out)?;
                out.put_string("a write type", &write_type.to_string())?;
            }
            Self::FunctionFailure { keyspace, function, arguments } => {
                out.put_string("a keyspace", keyspace)?;
                out.put_string("a function", function)?;
                out.put_string_list("a function's arguments", arguments)?;
            }
            Self::CasWriteUnknown { consistency, received, required } => {
                put_counts(*consistency, *received, *required, out);
            }
            Self::AlreadyExists { keyspace, table } => {
                out.put_string("a keyspace", keyspace)?;
                out.put_string("a table", table)?;
            }
            Self::Unprepared { id } => out.put_short_bytes("a prepared id", id)?,
            _ => {}
        }
        Ok(())
    }

    fn decode(
        code: i32,
        version: ProtocolVersion,
        reader: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        if let Some((kind, ..)) = PLAIN.iter().find(|(_, known, _)| *known == code) {
            return Ok(kind.clone());
        }
        Ok(match code {
            0x1000 => {
                let (consistency, required, alive) = take_counts(reader)?;
                Self::Unavailable { consistency, required, alive }
            }
            0x1100 => {
                let (consistency, received, required) = take_counts(reader)?;
                let write_type = WriteType::from_name(reader.string("a write type")?);
                let has_contentions = version == ProtocolVersion::V5
                    && write_type == WriteType::Cas
                    && !reader.is_empty();
                let contentions =
                    if has_contentions { Some(reader.short("contentions")?) } else { None };
                Self::WriteTimeout { consistency, received, required, write_type, contentions }
            }
            0x1200 => {
                let (consistency, received, required) = take_counts(reader)?;
                let data_present = reader.byte("data_present")? != 0;
                Self::ReadTimeout { consistency, received, required, data_present }
            }
            0x1300 => {
                let (consistency, received, required) = take_counts(reader)?;
                let (failures, reasons) = take_failures(version, reader)?;
                let data_present = reader.byte("data_present")? != 0;
                Self::ReadFailure {
                    consistency,
                    received,
                    required,
                    failures,
                    reasons,
                    data_present,
                }
            }
            0x1400 => Self::FunctionFailure {
                keyspace: reader.string("a keyspace")?.to_owned(),
                function: reader.string("a function")?.to_owned(),
                arguments: reader.string_list("a function's arguments")?,
            },
            0x1500 => {
                let (consistency, received, required) = take_counts(reader)?;
                let (failures, reasons) = take_failures(version, reader)?;
                let write_type = WriteType::from_name(reader.string("a write type")?);
                Self::WriteFailure {
                    consistency,
                    received,
                    required,
                    failures,
                    reasons,
                    write_type,
                }
            }
            0x1700 => {
                let (consistency, received, required) = take_counts(reader)?;
                Self::CasWriteUnknown { consistency, received, required }
            }
            0x2400 => Self::AlreadyExists {
                keyspace: reader.string("a keyspace")?.to_owned(),
                table: reader.string("a table")?.to_owned(),
            },
            0x2500 => Self::Unprepared { id: body.slice_ref(reader.short_bytes("a prepared id")?) },
            other => {
                // What follows an unknown code is not known either.
                reader.take("an unknown error", reader.remaining().len())?;
                Self::Other(other)
            }
        })
    }
}

fn put_counts(consistency: Consistency, first: i32, second: i32, out: &mut Vec<u8>) {
    out.put_short(consistency.number());
    out.put_int(first);
    out.put_int(second);
}

fn take_counts(reader: &mut Reader<'_>) -> Result<(Consistency, i32, i32), WireError> {
    let consistency = Consistency::from_number(reader.short("a consistency level")?)?;
    Ok((consistency, reader.int("a count of replicas")?, reader.int("a count of replicas")?))
}

fn put_failures(
    version: ProtocolVersion,
    failures: i32,
    reasons: &[(IpAddr, FailureReason)],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match version {
        ProtocolVersion::V4 => out.put_int(failures),
        ProtocolVersion::V5 => {
            out.put_length("the failed replicas", reasons.len())?;
            for (address, reason) in reasons {
                out.put_inetaddr(*address);
                out.put_short(reason.code());
            }
        }
    }
    Ok(())
}

type Failures = (i32, Vec<(IpAddr, FailureReason)>);

fn take_failures(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Failures, WireError> {
    if version == ProtocolVersion::V4 {
        return Ok((reader.int("a count of failures")?, Vec::new()));
    }
    let count = reader.count("the failed replicas", 7)?;
    let failure = |_| {
        let address = reader.inetaddr("a failed replica")?;
        Ok((address, FailureReason::from_code(reader.short("a failure's reason")?)))
    };
    let reasons = (0..count).map(failure).collect::<Result<Vec<_>, WireError>>()?;
    Ok((i32::try_from(count).unwrap_or(i32::MAX), reasons))
}

impl ServerError {
    /// An error of this kind, in these words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.put_int(self.kind.code());
        out.put_string("an error's message", &self.message)?;
        self.kind.encode(version, out)
    }

    pub(super) fn decode(
        version: ProtocolVersion,
        reader: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        let code = reader.int("an error's code")?;
        let message = reader.string("an error's message")?.to_owned();
        let kind = ErrorKind::decode(code, version, reader, body)?;
        Ok(Self { kind, message })
    }
}

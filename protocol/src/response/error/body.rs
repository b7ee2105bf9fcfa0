//! What follows an error's message: the numbers and names of its kind.

use std::net::IpAddr;

use bytes::Bytes;

use super::kind::PLAIN;
use super::{ErrorKind, FailureReason, RateLimitedOperation, WriteType};
use crate::wire::{Reader, Writer};
use crate::{Consistency, Dialect, EncodeError, ProtocolVersion, WireError};

impl ErrorKind {
    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        match self {
            Self::Unavailable { consistency, required, alive } => {
                put_counts(*consistency, *required, *alive, out);
            }
            Self::WriteTimeout { consistency, received, required, write_type, contentions } => {
                put_counts(*consistency, *received, *required, out);
                out.put_string("a write type", &write_type.to_string())?;
                let has_contentions =
                    version == ProtocolVersion::V5 && *write_type == WriteType::Cas;
                if let Some(contentions) = contentions.filter(|_| has_contentions) {
                    out.put_short(contentions);
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
            Self::RateLimitReached { operation, by_coordinator, .. } => {
                out.put_byte(operation.number());
                out.put_byte((*by_coordinator).into());
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn decode(
        code: i32,
        dialect: Dialect,
        reader: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        if let Some((kind, ..)) = PLAIN.iter().find(|(_, known, _)| *known == code) {
            return Ok(kind.clone());
        }
        if dialect.rate_limit_error == Some(code) {
            let operation = RateLimitedOperation::from_number(reader.byte("an operation")?);
            let by_coordinator = reader.byte("by_coordinator")? != 0;
            return Ok(Self::RateLimitReached { code, operation, by_coordinator });
        }
        let version = dialect.version;
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

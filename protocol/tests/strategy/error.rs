use std::net::IpAddr;

use helenus_protocol::{Consistency, ErrorKind, FailureReason, ProtocolVersion, WriteType};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{bytes, consistency, text};

fn write_type() -> impl Strategy<Value = WriteType> {
    prop::sample::select(vec![
        WriteType::Simple,
        WriteType::Batch,
        WriteType::UnloggedBatch,
        WriteType::Counter,
        WriteType::BatchLog,
        WriteType::Cas,
        WriteType::View,
        WriteType::Cdc,
        WriteType::Unknown,
    ])
}

fn counts() -> impl Strategy<Value = (Consistency, i32, i32)> {
    (consistency(), any::<i32>(), any::<i32>())
}

/// How many replicas failed: v4 says only that, v5 names them.
fn failures(version: ProtocolVersion) -> BoxedStrategy<(i32, Vec<(IpAddr, FailureReason)>)> {
    let reason =
        (any::<IpAddr>(), any::<u16>().prop_map(|code| FailureReason::from_code(code % 10)));
    match version {
        ProtocolVersion::V4 => any::<i32>().prop_map(|failures| (failures, Vec::new())).boxed(),
        ProtocolVersion::V5 => vec(reason, 0..4)
            .prop_map(|reasons| (i32::try_from(reasons.len()).unwrap(), reasons))
            .boxed(),
    }
}

fn write_timeout(version: ProtocolVersion) -> impl Strategy<Value = ErrorKind> {
    (counts(), write_type(), any::<Option<u16>>()).prop_map(
        move |((consistency, received, required), write_type, contentions)| {
            let counted = version == ProtocolVersion::V5 && write_type == WriteType::Cas;
            let contentions = contentions.filter(|_| counted);
            ErrorKind::WriteTimeout { consistency, received, required, write_type, contentions }
        },
    )
}

fn with_counts(version: ProtocolVersion) -> impl Strategy<Value = ErrorKind> {
    prop_oneof![
        counts().prop_map(|(consistency, required, alive)| ErrorKind::Unavailable {
            consistency,
            required,
            alive
        }),
        write_timeout(version),
        (counts(), any::<bool>()).prop_map(|((consistency, received, required), data_present)| {
            ErrorKind::ReadTimeout { consistency, received, required, data_present }
        }),
        (counts(), failures(version), any::<bool>()).prop_map(
            |((consistency, received, required), (failures, reasons), data_present)| {
                ErrorKind::ReadFailure {
                    consistency,
                    received,
                    required,
                    failures,
                    reasons,
                    data_present,
                }
            }
        ),
        (counts(), failures(version), write_type()).prop_map(
            |((consistency, received, required), (failures, reasons), write_type)| {
                ErrorKind::WriteFailure {
                    consistency,
                    received,
                    required,
                    failures,
                    reasons,
                    write_type,
                }
            }
        ),
        counts().prop_map(|(consistency, received, required)| ErrorKind::CasWriteUnknown {
            consistency,
            received,
            required
        }),
    ]
}

/// Any kind of error as the version can say it.
pub(super) fn error_kind(version: ProtocolVersion) -> impl Strategy<Value = ErrorKind> {
    prop_oneof![
        prop::sample::select(vec![
            ErrorKind::ServerError,
            ErrorKind::ProtocolError,
            ErrorKind::BadCredentials,
            ErrorKind::Overloaded,
            ErrorKind::IsBootstrapping,
            ErrorKind::TruncateError,
            ErrorKind::CdcWriteFailure,
            ErrorKind::SyntaxError,
            ErrorKind::Unauthorized,
            ErrorKind::Invalid,
            ErrorKind::ConfigError,
            ErrorKind::Other(0x7777),
        ]),
        with_counts(version),
        (text(), text(), vec(text(), 0..3)).prop_map(|(keyspace, function, arguments)| {
            ErrorKind::FunctionFailure { keyspace, function, arguments }
        }),
        (text(), text()).prop_map(|(keyspace, table)| ErrorKind::AlreadyExists { keyspace, table }),
        bytes().prop_map(|id| ErrorKind::Unprepared { id }),
    ]
}

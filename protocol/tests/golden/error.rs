use bytes::Bytes;
use helenus_protocol::{
    Consistency, Dialect, ErrorKind, FailureReason, RateLimitedOperation, Response, ServerError,
    WriteType,
};

use super::{V4, V5, is_response};

const CONSISTENCY: Consistency = Consistency::LocalQuorum;

#[track_caller]
fn is_error(dialect: impl Into<Dialect>, kind: ErrorKind, golden: &str) {
    is_response(dialect, Response::Error(ServerError::new(kind, "no")), golden);
}

#[track_caller]
fn is_in_both(kind: &ErrorKind, golden: &str) {
    is_error(V4, kind.clone(), golden);
    is_error(V5, kind.clone(), golden);
}

#[test]
fn kinds_that_are_a_code_and_a_message() {
    is_in_both(&ErrorKind::ServerError, "00000000 0002'no'");
    is_in_both(&ErrorKind::ProtocolError, "0000000A 0002'no'");
    is_in_both(&ErrorKind::BadCredentials, "00000100 0002'no'");
    is_in_both(&ErrorKind::Overloaded, "00001001 0002'no'");
    is_in_both(&ErrorKind::IsBootstrapping, "00001002 0002'no'");
    is_in_both(&ErrorKind::TruncateError, "00001003 0002'no'");
    is_in_both(&ErrorKind::CdcWriteFailure, "00001600 0002'no'");
    is_in_both(&ErrorKind::SyntaxError, "00002000 0002'no'");
    is_in_both(&ErrorKind::Unauthorized, "00002100 0002'no'");
    is_in_both(&ErrorKind::Invalid, "00002200 0002'no'");
    is_in_both(&ErrorKind::ConfigError, "00002300 0002'no'");
    is_in_both(&ErrorKind::Other(0x1234), "00001234 0002'no'");
}

#[test]
fn unavailable() {
    let kind = ErrorKind::Unavailable { consistency: CONSISTENCY, required: 2, alive: 1 };
    is_in_both(&kind, "00001000 0002'no' 0006 00000002 00000001");
}

#[test]
fn write_timeout() {
    let timeout = |write_type, contentions| ErrorKind::WriteTimeout {
        consistency: CONSISTENCY,
        received: 1,
        required: 2,
        write_type,
        contentions,
    };
    let batch_log = timeout(WriteType::BatchLog, None);
    is_in_both(&batch_log, "00001100 0002'no' 0006 00000001 00000002 0009'BATCH_LOG'");
    let cas = timeout(WriteType::Cas, None);
    is_in_both(&cas, "00001100 0002'no' 0006 00000001 00000002 0003'CAS'");
    let golden = "00001100 0002'no' 0006 00000001 00000002 0003'CAS' 0005";
    is_error(V5, timeout(WriteType::Cas, Some(5)), golden);
}

#[test]
fn read_timeout() {
    let kind = ErrorKind::ReadTimeout {
        consistency: CONSISTENCY,
        received: 1,
        required: 2,
        data_present: true,
    };
    is_in_both(&kind, "00001200 0002'no' 0006 00000001 00000002 01");
}

#[test]
fn read_failure() {
    let failure = |failures, reasons| ErrorKind::ReadFailure {
        consistency: CONSISTENCY,
        received: 1,
        required: 3,
        failures,
        reasons,
        data_present: false,
    };
    let golden = "00001300 0002'no' 0006 00000001 00000003 00000002 00";
    is_error(V4, failure(2, vec![]), golden);
    let reasons = vec![
        ([127, 0, 0, 1].into(), FailureReason::TooManyTombstones),
        ([0, 0, 0, 0, 0, 0, 0, 1].into(), FailureReason::Other(0x99)),
    ];
    let golden = "00001300 0002'no' 0006 00000001 00000003 00000002
        04 7F000001 0001 10 00000000000000000000000000000001 0099 00";
    is_error(V5, failure(2, reasons), golden);
}

#[test]
fn write_failure() {
    let failure = |failures, reasons| ErrorKind::WriteFailure {
        consistency: CONSISTENCY,
        received: 0,
        required: 1,
        failures,
        reasons,
        write_type: WriteType::Simple,
    };
    let golden = "00001500 0002'no' 0006 00000000 00000001 00000001 0006'SIMPLE'";
    is_error(V4, failure(1, vec![]), golden);
    let reasons = vec![([10, 0, 0, 1].into(), FailureReason::Timeout)];
    let golden = "00001500 0002'no' 0006 00000000 00000001 00000001 04 0A000001 0002 0006'SIMPLE'";
    is_error(V5, failure(1, reasons), golden);
}

#[test]
fn function_failure() {
    let kind = ErrorKind::FunctionFailure {
        keyspace: "ks".into(),
        function: "f".into(),
        arguments: vec!["int".into(), "text".into()],
    };
    is_in_both(&kind, "00001400 0002'no' 0002'ks' 0001'f' 0002 0003'int' 0004'text'");
}

#[test]
fn cas_write_unknown() {
    let kind =
        ErrorKind::CasWriteUnknown { consistency: Consistency::Serial, received: 1, required: 2 };
    is_error(V5, kind, "00001700 0002'no' 0008 00000001 00000002");
}

#[test]
fn already_exists() {
    let kind = ErrorKind::AlreadyExists { keyspace: "ks".into(), table: "t".into() };
    is_in_both(&kind, "00002400 0002'no' 0002'ks' 0001't'");
}

#[test]
fn unprepared() {
    let kind = ErrorKind::Unprepared { id: Bytes::from_static(&[0xAB, 0xCD]) };
    is_in_both(&kind, "00002500 0002'no' 0002 ABCD");
}

#[test]
fn rate_limit_reached_has_the_code_that_was_agreed_on() {
    let code = 0x4321;
    let mut dialect = Dialect::new(V4);
    dialect.rate_limit_error = Some(code);
    let operation = RateLimitedOperation::Write;
    let kind = ErrorKind::RateLimitReached { code, operation, by_coordinator: true };
    is_error(dialect, kind, "00004321 0002'no' 01 01");
}

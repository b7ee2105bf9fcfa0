//! Each row of each retry table, with and without idempotence.

use std::sync::Arc;
use std::time::Duration;

use helenus::policies::{Backoff, DowngradingConsistency, Fallthrough, Retry};
use helenus::{Consistency, ErrorKind, WriteType};
use helenus_protocol::Opcode;
use helenus_testkit::Fault;

use crate::behaviours::Outcome;
use crate::in_order::Ordered;

/// What befalls a request the first times, and which nodes it is sent to if it is idempotent, and if it is not.
struct Row {
    fault: fn() -> Fault,
    times: u64,
    /// The nodes that an idempotent request is sent to; it succeeds at the last of them if there is a `true`.
    idempotent: (&'static [usize], bool),
    other: (&'static [usize], bool),
    /// How long an attempt may take, where one has no answer.
    limit: Option<Duration>,
}

impl Row {
    const fn without_answer(self) -> Self {
        Self { limit: Some(Duration::from_millis(500)), ..self }
    }
}

const LEVEL: Consistency = Consistency::All;

fn read_timeout(received: i32, data_present: bool) -> ErrorKind {
    ErrorKind::ReadTimeout { consistency: LEVEL, received, required: 3, data_present }
}

fn write_timeout(write_type: WriteType, received: i32) -> ErrorKind {
    let (consistency, required) = (LEVEL, 3);
    ErrorKind::WriteTimeout { consistency, received, required, write_type, contentions: None }
}

fn unavailable(alive: i32) -> ErrorKind {
    ErrorKind::Unavailable { consistency: LEVEL, required: 3, alive }
}

fn error(kind: ErrorKind) -> Fault {
    Fault::error(kind).to(Opcode::Execute)
}

async fn cluster(retry: impl Retry + 'static) -> Outcome<Ordered> {
    Ordered::start(3, |builder| {
        builder.retry(Arc::new(retry)).retry_backoff(Backoff::none()).consistency(LEVEL)
    })
    .await
}

async fn check(ordered: &Ordered, rows: &[Row]) -> Outcome {
    for (number, row) in rows.iter().enumerate() {
        for (statement, expected) in [(&ordered.safe, row.idempotent), (&ordered.insert, row.other)]
        {
            let limited = row.limit.map(|limit| statement.clone().with_attempt_timeout(limit));
            let injected = ordered.cluster.inject((row.fault)().times(row.times));
            let result = ordered.session.execute(limited.as_ref().unwrap_or(statement), (1,)).await;
            let (nodes, succeeds) = expected;
            let idempotent = std::ptr::eq(statement, &raw const ordered.safe);
            let what = format!("row {number}, idempotent: {idempotent}, {result:?}");
            drop(injected);
            // A lost connection is there again before the next row.
            let is_whole =
                || ordered.session.metrics().nodes.iter().all(|node| node.connections == 2);
            crate::until("all connections are there", is_whole).await;
            assert_eq!(ordered.asked(), nodes, "{what}");
            assert_eq!(result.is_ok(), succeeds, "{what}");
            let last = nodes.last().map(|node| ordered.cluster.nodes()[*node].address());
            match result {
                Ok(result) => {
                    assert_eq!(Some(result.coordinator()), last, "{what}");
                    let is_ignored = result.info().failed_attempts().len() == nodes.len();
                    assert!(is_ignored || result.info().failed_attempts().len() == nodes.len() - 1);
                }
                Err(error) => assert_eq!(error.info().failed_attempts().len(), nodes.len()),
            }
        }
    }
    Ok(())
}

/// The same for what is idempotent and what is not.
const fn both(fault: fn() -> Fault, times: u64, nodes: &'static [usize], succeeds: bool) -> Row {
    Row { fault, times, idempotent: (nodes, succeeds), other: (nodes, succeeds), limit: None }
}

/// Only what is idempotent is tried again.
const fn idempotent(fault: fn() -> Fault, times: u64, nodes: &'static [usize], ok: bool) -> Row {
    Row { fault, times, idempotent: (nodes, ok), other: (&[0], false), limit: None }
}

#[tokio::test]
async fn every_row_of_the_default_policy() -> Outcome {
    let ordered = cluster(helenus::policies::DefaultRetry).await?;
    let rows = [
        both(|| error(read_timeout(3, false)), 1, &[0, 0], true),
        both(|| error(read_timeout(3, false)), 2, &[0, 0], false),
        both(|| error(read_timeout(3, true)), 1, &[0], false),
        both(|| error(read_timeout(2, false)), 1, &[0], false),
        idempotent(|| error(write_timeout(WriteType::BatchLog, 0)), 1, &[0, 0], true),
        idempotent(|| error(write_timeout(WriteType::BatchLog, 0)), 2, &[0, 0], false),
        both(|| error(write_timeout(WriteType::Simple, 2)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::Batch, 2)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::UnloggedBatch, 2)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::Counter, 2)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::Cas, 2)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::View, 2)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::Cdc, 2)), 1, &[0], false),
        both(|| error(unavailable(1)), 1, &[0, 1], true),
        both(|| error(unavailable(1)), 2, &[0, 1], false),
        idempotent(|| Fault::close().to(Opcode::Execute), 1, &[0, 1], true),
        idempotent(|| Fault::close().to(Opcode::Execute), 2, &[0, 1, 2], true),
        idempotent(|| Fault::reset().to(Opcode::Execute), 2, &[0, 1, 2], true),
        idempotent(|| Fault::drop_answers().to(Opcode::Execute), 1, &[0, 1], true).without_answer(),
        idempotent(|| Fault::drop_answers().to(Opcode::Execute), 2, &[0, 1, 2], true)
            .without_answer(),
        idempotent(|| error(ErrorKind::Overloaded), 1, &[0, 1], true),
        idempotent(|| error(ErrorKind::Overloaded), 2, &[0, 1, 2], true),
        idempotent(|| error(ErrorKind::ServerError), 2, &[0, 1, 2], true),
        idempotent(|| error(ErrorKind::TruncateError), 2, &[0, 1, 2], true),
        both(|| error(read_failure()), 1, &[0], false),
        both(|| error(write_failure()), 1, &[0], false),
        both(|| error(ErrorKind::CdcWriteFailure), 1, &[0], false),
        both(|| error(cas_unknown()), 1, &[0], false),
        both(|| error(ErrorKind::Other(0x7777)), 1, &[0], false),
    ];
    check(&ordered, &rows).await
}

/// What is decided without any policy.
#[tokio::test]
async fn what_was_not_run_goes_on_and_what_is_wrong_comes_back_whatever_the_policy() -> Outcome {
    let ordered = cluster(Fallthrough).await?;
    let rows = [
        both(|| error(ErrorKind::IsBootstrapping), 2, &[0, 1, 2], true),
        both(|| error(ErrorKind::SyntaxError), 1, &[0], false),
        both(|| error(ErrorKind::Invalid), 1, &[0], false),
        both(|| error(ErrorKind::Unauthorized), 1, &[0], false),
        both(|| error(ErrorKind::ConfigError), 1, &[0], false),
        both(|| error(ErrorKind::ProtocolError), 1, &[0], false),
        both(|| error(already_exists()), 1, &[0], false),
        both(|| error(function_failure()), 1, &[0], false),
    ];
    check(&ordered, &rows).await?;
    // What a node has forgotten it is taught, up to three times; then the next one is asked.
    for (times, nodes) in [(1, [0, 0].as_slice()), (3, &[0; 4]), (4, &[0, 0, 0, 0, 1])] {
        let _forgetful = ordered.cluster.inject(Fault::unprepared().times(times));
        ordered.session.execute(&ordered.insert, (1,)).await?;
        assert_eq!(ordered.asked(), nodes);
    }
    Ok(())
}

#[tokio::test]
async fn every_row_of_the_policy_that_never_retries() -> Outcome {
    let ordered = cluster(Fallthrough).await?;
    let rows = [
        both(|| error(read_timeout(3, false)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::BatchLog, 0)), 1, &[0], false),
        both(|| error(unavailable(1)), 1, &[0], false),
        both(|| Fault::close().to(Opcode::Execute), 1, &[0], false),
        both(|| Fault::drop_answers().to(Opcode::Execute), 1, &[0], false).without_answer(),
        both(|| error(ErrorKind::Overloaded), 1, &[0], false),
        both(|| error(ErrorKind::ServerError), 1, &[0], false),
        both(|| error(ErrorKind::TruncateError), 1, &[0], false),
    ];
    check(&ordered, &rows).await
}

#[tokio::test]
async fn every_row_of_the_downgrading_policy() -> Outcome {
    let ordered = cluster(DowngradingConsistency).await?;
    let rows = [
        both(|| error(read_timeout(2, true)), 1, &[0, 0], true),
        both(|| error(read_timeout(0, false)), 1, &[0], false),
        both(|| error(read_timeout(3, false)), 1, &[0, 0], true),
        both(|| error(read_timeout(3, false)), 2, &[0, 0], false),
        both(|| error(read_timeout(3, true)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::Simple, 1)), 1, &[0], true),
        both(|| error(write_timeout(WriteType::Simple, 0)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::Batch, 2)), 1, &[0], true),
        idempotent(|| error(write_timeout(WriteType::UnloggedBatch, 2)), 1, &[0, 0], true),
        idempotent(|| error(write_timeout(WriteType::BatchLog, 0)), 1, &[0, 0], true),
        both(|| error(write_timeout(WriteType::Counter, 2)), 1, &[0], false),
        both(|| error(write_timeout(WriteType::Cas, 2)), 1, &[0], false),
        both(|| error(unavailable(2)), 1, &[0, 0], true),
        both(|| error(unavailable(0)), 1, &[0], false),
        idempotent(|| error(ErrorKind::Overloaded), 1, &[0, 1], true),
        idempotent(|| Fault::close().to(Opcode::Execute), 1, &[0, 1], true),
    ];
    check(&ordered, &rows).await
}

#[tokio::test]
async fn a_downgrade_asks_for_as_many_replicas_as_there_are() -> Outcome {
    let ordered = cluster(DowngradingConsistency).await?;
    for (alive, level) in [(2, Consistency::Two), (1, Consistency::One)] {
        let _once = ordered.cluster.inject(error(unavailable(alive)).times(1));
        ordered.session.execute(&ordered.insert, (1,)).await?;
        let seen = ordered.cluster.requests().executing("INSERT");
        let levels: Vec<_> = seen.iter().filter_map(|request| request.consistency).collect();
        assert_eq!(levels, [LEVEL, level]);
        ordered.asked();
    }
    Ok(())
}

fn read_failure() -> ErrorKind {
    ErrorKind::ReadFailure {
        consistency: LEVEL,
        received: 1,
        required: 3,
        failures: 1,
        reasons: vec![],
        data_present: false,
    }
}

fn write_failure() -> ErrorKind {
    ErrorKind::WriteFailure {
        consistency: LEVEL,
        received: 1,
        required: 3,
        failures: 1,
        reasons: vec![],
        write_type: WriteType::BatchLog,
    }
}

fn cas_unknown() -> ErrorKind {
    ErrorKind::CasWriteUnknown { consistency: LEVEL, received: 1, required: 3 }
}

fn already_exists() -> ErrorKind {
    ErrorKind::AlreadyExists { keyspace: "ks".to_owned(), table: "t".to_owned() }
}

fn function_failure() -> ErrorKind {
    let (keyspace, function) = ("ks".to_owned(), "f".to_owned());
    ErrorKind::FunctionFailure { keyspace, function, arguments: vec![] }
}

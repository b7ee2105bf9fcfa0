use std::net::SocketAddr;
use std::time::Duration;

use uuid::Uuid;

use crate::AttemptError;

/// An attempt that failed, at which node, and what was done about it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FailedAttempt {
    /// The node that was asked.
    pub node: SocketAddr,
    /// What happened.
    pub error: AttemptError,
    /// How long it took; zero where the request could not be sent.
    pub duration: Duration,
    /// What followed.
    pub decision: AttemptDecision,
}

/// What followed a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptDecision {
    /// The same node was asked again.
    SameNode,
    /// The next node of the plan was asked.
    NextNode,
    /// Nothing: other attempts were still under way.
    LeftToOthers,
    /// The retry policy wanted the error ignored: the result is empty.
    Ignored,
    /// The request failed.
    GaveUp,
    /// The request failed although the retry policy wanted another attempt: the retry budget had none left.
    OutOfBudget,
}

/// How a request went: which nodes were asked, and what they had to say beside the result.
#[derive(Debug, Clone, Copy)]
pub struct ExecutionInfo<'a> {
    coordinator: Option<SocketAddr>,
    record: Option<&'a Record>,
}

/// What few requests have to tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) failed: Vec<FailedAttempt>,
    pub(crate) speculations: u32,
    pub(crate) tracing_id: Option<Uuid>,
    pub(crate) warnings: Vec<String>,
    pub(crate) has_schema_agreed: Option<bool>,
}

impl<'a> ExecutionInfo<'a> {
    pub(crate) fn new(coordinator: Option<SocketAddr>, record: Option<&'a Record>) -> Self {
        Self { coordinator, record }
    }

    /// The node whose answer was taken; of several pages, the last one's. `None` where there was none.
    pub fn coordinator(&self) -> Option<SocketAddr> {
        self.coordinator
    }

    /// The attempts that failed, in the order in which they ended.
    pub fn failed_attempts(&self) -> &'a [FailedAttempt] {
        self.record.map_or(&[], |record| &record.failed)
    }

    /// Nodes that were asked because others took too long.
    pub fn speculations(&self) -> u32 {
        self.record.map_or(0, |record| record.speculations)
    }

    /// Where `system_traces` tells how the request was run, if that was asked for.
    pub fn tracing_id(&self) -> Option<Uuid> {
        self.record?.tracing_id
    }

    /// What the server wanted the client to know.
    pub fn warnings(&self) -> &'a [String] {
        self.record.map_or(&[], |record| &record.warnings)
    }

    /// Whether all nodes came to have the schema that the statement made, in time; `None` where it made none, or that
    /// is not waited for.
    pub fn has_schema_agreed(&self) -> Option<bool> {
        self.record?.has_schema_agreed
    }
}

impl Record {
    /// Adds what the request for a further page has to tell.
    pub(crate) fn append(&mut self, next: Self) {
        self.failed.extend(next.failed);
        self.speculations += next.speculations;
        self.tracing_id = self.tracing_id.or(next.tracing_id);
        self.warnings.extend(next.warnings);
    }
}

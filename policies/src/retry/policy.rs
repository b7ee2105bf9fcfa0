use std::fmt;

use helenus_protocol::Consistency;

use super::{Attempt, ReadTimeout, RequestFailure, Unavailable, WriteTimeout};

/// What to do with a request after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryDecision {
    /// Try the same node again, with this consistency.
    SameNode(Consistency),
    /// Try the next node of the plan, with this consistency.
    NextNode(Consistency),
    /// Give the error to the caller.
    Rethrow,
    /// Give the caller an empty result.
    Ignore,
}

/// Decides what to do after a failed attempt.
///
/// It is not asked where the answer is always the same: a request that was never sent, or that met a node which is
/// starting, goes to the next node; a statement that a node does not know is prepared again; an error in the
/// statement goes to the caller.
pub trait Retry: fmt::Debug + Send + Sync {
    /// After a read timeout.
    fn on_read_timeout(&self, timeout: &ReadTimeout, attempt: &Attempt) -> RetryDecision;

    /// After a write timeout.
    fn on_write_timeout(&self, timeout: &WriteTimeout, attempt: &Attempt) -> RetryDecision;

    /// After an error that says that too few replicas are alive.
    fn on_unavailable(&self, unavailable: &Unavailable, attempt: &Attempt) -> RetryDecision;

    /// After anything else.
    fn on_request_failure(&self, failure: RequestFailure<'_>, attempt: &Attempt) -> RetryDecision;
}

use std::fmt;

use helenus_protocol::{Consistency, ErrorKind, WriteType};

/// What is known of a request when one of its attempts has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The level that the attempt was made with.
    pub consistency: Consistency,
    /// Whether running the statement twice is the same as running it once.
    pub is_idempotent: bool,
    /// Retries until now.
    pub retries: u32,
}

/// Too few replicas answered a read in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadTimeout {
    /// Replicas that answered.
    pub received: i32,
    /// Replicas that it takes.
    pub required: i32,
    /// Whether the replica that was asked for the data (not only a digest) answered.
    pub data_present: bool,
}

/// Too few replicas acknowledged a write in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteTimeout {
    /// Replicas that acknowledged.
    pub received: i32,
    /// Replicas that it takes.
    pub required: i32,
    /// What the write was part of.
    pub write_type: WriteType,
}

/// Too few replicas are alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable {
    /// Replicas that it takes.
    pub required: i32,
    /// Replicas that are alive.
    pub alive: i32,
}

/// Any other way in which an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestFailure<'a> {
    /// The connection was lost while the request waited for its answer.
    ConnectionLost,
    /// There was no answer within the time that an attempt may take.
    NoAnswer,
    /// The server answered with an error that has no method of its own.
    Server(&'a ErrorKind),
}

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

/// Retries where that is likely to help and cannot do harm.
///
/// | failure | first time | then |
/// |---|---|---|
/// | read timeout, enough replicas but no data | same node | rethrow |
/// | write timeout of a batch log, idempotent | same node | rethrow |
/// | unavailable | next node | rethrow |
/// | connection lost, no answer to an attempt, overloaded, server error, truncate error, idempotent | next node | next node |
/// | anything else | rethrow | |
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultRetry;

impl Retry for DefaultRetry {
    fn on_read_timeout(&self, timeout: &ReadTimeout, attempt: &Attempt) -> RetryDecision {
        let has_enough = timeout.received >= timeout.required;
        if attempt.retries == 0 && has_enough && !timeout.data_present {
            RetryDecision::SameNode(attempt.consistency)
        } else {
            RetryDecision::Rethrow
        }
    }

    fn on_write_timeout(&self, timeout: &WriteTimeout, attempt: &Attempt) -> RetryDecision {
        let is_log = timeout.write_type == WriteType::BatchLog;
        if attempt.retries == 0 && attempt.is_idempotent && is_log {
            RetryDecision::SameNode(attempt.consistency)
        } else {
            RetryDecision::Rethrow
        }
    }

    fn on_unavailable(&self, _: &Unavailable, attempt: &Attempt) -> RetryDecision {
        if attempt.retries == 0 {
            RetryDecision::NextNode(attempt.consistency)
        } else {
            RetryDecision::Rethrow
        }
    }

    fn on_request_failure(&self, failure: RequestFailure<'_>, attempt: &Attempt) -> RetryDecision {
        let may_help = match failure {
            RequestFailure::ConnectionLost | RequestFailure::NoAnswer => true,
            RequestFailure::Server(kind) => matches!(
                kind,
                ErrorKind::Overloaded | ErrorKind::ServerError | ErrorKind::TruncateError
            ),
        };
        if may_help && attempt.is_idempotent {
            RetryDecision::NextNode(attempt.consistency)
        } else {
            RetryDecision::Rethrow
        }
    }
}

/// Never retries: every error goes to the caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fallthrough;

impl Retry for Fallthrough {
    fn on_read_timeout(&self, _: &ReadTimeout, _: &Attempt) -> RetryDecision {
        RetryDecision::Rethrow
    }

    fn on_write_timeout(&self, _: &WriteTimeout, _: &Attempt) -> RetryDecision {
        RetryDecision::Rethrow
    }

    fn on_unavailable(&self, _: &Unavailable, _: &Attempt) -> RetryDecision {
        RetryDecision::Rethrow
    }

    fn on_request_failure(&self, _: RequestFailure<'_>, _: &Attempt) -> RetryDecision {
        RetryDecision::Rethrow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CL: Consistency = Consistency::Quorum;

    fn attempt(is_idempotent: bool, retries: u32) -> Attempt {
        Attempt { consistency: CL, is_idempotent, retries }
    }

    #[test]
    fn a_read_timeout_is_retried_once_if_only_the_data_is_missing() {
        let timeout = |received, data_present| ReadTimeout { received, required: 2, data_present };
        let decide = |timeout, n| DefaultRetry.on_read_timeout(&timeout, &attempt(false, n));
        assert_eq!(decide(timeout(2, false), 0), RetryDecision::SameNode(CL));
        assert_eq!(decide(timeout(2, false), 1), RetryDecision::Rethrow);
        assert_eq!(decide(timeout(2, true), 0), RetryDecision::Rethrow);
        assert_eq!(decide(timeout(1, false), 0), RetryDecision::Rethrow);
    }

    #[test]
    fn a_write_timeout_is_retried_once_for_an_idempotent_batch_log() {
        let decide = |write_type, idempotent, n| {
            let timeout = WriteTimeout { received: 0, required: 1, write_type };
            DefaultRetry.on_write_timeout(&timeout, &attempt(idempotent, n))
        };
        assert_eq!(decide(WriteType::BatchLog, true, 0), RetryDecision::SameNode(CL));
        assert_eq!(decide(WriteType::BatchLog, true, 1), RetryDecision::Rethrow);
        assert_eq!(decide(WriteType::BatchLog, false, 0), RetryDecision::Rethrow);
        assert_eq!(decide(WriteType::Simple, true, 0), RetryDecision::Rethrow);
    }

    #[test]
    fn unavailable_is_retried_once_on_the_next_node() {
        let unavailable = Unavailable { required: 2, alive: 1 };
        let decide = |n| DefaultRetry.on_unavailable(&unavailable, &attempt(false, n));
        assert_eq!(decide(0), RetryDecision::NextNode(CL));
        assert_eq!(decide(1), RetryDecision::Rethrow);
    }

    #[test]
    fn a_lost_connection_is_survived_by_idempotent_requests_only() {
        let decide =
            |failure, idempotent| DefaultRetry.on_request_failure(failure, &attempt(idempotent, 5));
        let retried = [
            RequestFailure::ConnectionLost,
            RequestFailure::Server(&ErrorKind::Overloaded),
            RequestFailure::Server(&ErrorKind::ServerError),
            RequestFailure::Server(&ErrorKind::TruncateError),
        ];
        for failure in retried {
            assert_eq!(decide(failure, true), RetryDecision::NextNode(CL), "{failure:?}");
            assert_eq!(decide(failure, false), RetryDecision::Rethrow, "{failure:?}");
        }
        let syntax = RequestFailure::Server(&ErrorKind::SyntaxError);
        assert_eq!(decide(syntax, true), RetryDecision::Rethrow);
    }
}

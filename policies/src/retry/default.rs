use helenus_protocol::{ErrorKind, WriteType};

use super::{
    Attempt, ReadTimeout, RequestFailure, Retry, RetryDecision, Unavailable, WriteTimeout,
};

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

#[cfg(test)]
mod tests {
    use helenus_protocol::Consistency;

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

    #[test]
    fn an_attempt_without_answer_goes_to_the_next_node() {
        let no_answer = RequestFailure::NoAnswer;
        let decide =
            |idempotent| DefaultRetry.on_request_failure(no_answer, &attempt(idempotent, 0));
        assert_eq!(decide(true), RetryDecision::NextNode(CL));
        assert_eq!(decide(false), RetryDecision::Rethrow);
    }

    #[test]
    fn a_failure_of_replicas_is_given_to_the_caller() {
        let read = ErrorKind::ReadFailure {
            consistency: CL,
            received: 1,
            required: 2,
            failures: 1,
            reasons: vec![],
            data_present: true,
        };
        let failure = RequestFailure::Server(&read);
        assert_eq!(
            DefaultRetry.on_request_failure(failure, &attempt(true, 0)),
            RetryDecision::Rethrow
        );
    }
}

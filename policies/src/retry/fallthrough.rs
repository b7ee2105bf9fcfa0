use super::{
    Attempt, ReadTimeout, RequestFailure, Retry, RetryDecision, Unavailable, WriteTimeout,
};

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
    use helenus_protocol::{Consistency, ErrorKind, WriteType};

    use super::*;

    #[test]
    fn every_failure_is_given_to_the_caller() {
        let attempt = Attempt { consistency: Consistency::Quorum, is_idempotent: true, retries: 0 };
        let read = ReadTimeout { received: 2, required: 2, data_present: false };
        assert_eq!(Fallthrough.on_read_timeout(&read, &attempt), RetryDecision::Rethrow);
        let write = WriteTimeout { received: 1, required: 2, write_type: WriteType::BatchLog };
        assert_eq!(Fallthrough.on_write_timeout(&write, &attempt), RetryDecision::Rethrow);
        let unavailable = Unavailable { required: 2, alive: 1 };
        assert_eq!(Fallthrough.on_unavailable(&unavailable, &attempt), RetryDecision::Rethrow);
        let failures = [
            RequestFailure::ConnectionLost,
            RequestFailure::NoAnswer,
            RequestFailure::Server(&ErrorKind::Overloaded),
        ];
        for failure in failures {
            let decision = Fallthrough.on_request_failure(failure, &attempt);
            assert_eq!(decision, RetryDecision::Rethrow, "{failure:?}");
        }
    }
}

use helenus_protocol::{Consistency, WriteType};

use super::{
    Attempt, DefaultRetry, ReadTimeout, RequestFailure, Retry, RetryDecision, Unavailable,
    WriteTimeout,
};

/// Retries with a lower consistency level where that can succeed, for applications that would rather have an old
/// answer than none.
///
/// **It gives up what the level promises.** A read may miss what was written, and a write that was reported to have
/// succeeded may be lost. A level of the local data center becomes one that counts replicas anywhere.
///
/// | failure | decision |
/// |---|---|
/// | read timeout, too few replicas | same node, as many replicas as answered |
/// | read timeout, enough replicas but no data | same node once, then rethrow |
/// | write timeout, simple or batch, at least one acknowledged | ignore |
/// | write timeout, unlogged batch, idempotent | same node, as many replicas as acknowledged |
/// | write timeout, batch log, idempotent | same node once, then rethrow |
/// | unavailable | same node, as many replicas as are alive |
/// | no replica left, or a serial level | rethrow |
/// | anything else | as [`DefaultRetry`] |
///
/// Each retry asks for fewer replicas than the attempt before, so it ends. As many replicas is THREE, TWO or ONE.
#[derive(Debug, Clone, Copy, Default)]
pub struct DowngradingConsistency;

/// Tries again with what `count` replicas can give, if that is less than what was asked for.
fn downgrade(count: i32, required: i32, attempt: &Attempt) -> RetryDecision {
    if attempt.consistency.is_serial() || count >= required {
        return RetryDecision::Rethrow;
    }
    match count {
        3.. => RetryDecision::SameNode(Consistency::Three),
        2 => RetryDecision::SameNode(Consistency::Two),
        1 => RetryDecision::SameNode(Consistency::One),
        _ => RetryDecision::Rethrow,
    }
}

impl Retry for DowngradingConsistency {
    fn on_read_timeout(&self, timeout: &ReadTimeout, attempt: &Attempt) -> RetryDecision {
        if timeout.received < timeout.required {
            downgrade(timeout.received, timeout.required, attempt)
        } else {
            DefaultRetry.on_read_timeout(timeout, attempt)
        }
    }

    fn on_write_timeout(&self, timeout: &WriteTimeout, attempt: &Attempt) -> RetryDecision {
        match timeout.write_type {
            WriteType::Simple | WriteType::Batch if timeout.received > 0 => RetryDecision::Ignore,
            WriteType::UnloggedBatch if attempt.is_idempotent => {
                downgrade(timeout.received, timeout.required, attempt)
            }
            _ => DefaultRetry.on_write_timeout(timeout, attempt),
        }
    }

    fn on_unavailable(&self, unavailable: &Unavailable, attempt: &Attempt) -> RetryDecision {
        downgrade(unavailable.alive, unavailable.required, attempt)
    }

    fn on_request_failure(&self, failure: RequestFailure<'_>, attempt: &Attempt) -> RetryDecision {
        DefaultRetry.on_request_failure(failure, attempt)
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::ErrorKind;

    use super::RetryDecision::{Ignore, NextNode, Rethrow, SameNode};
    use super::*;

    const CL: Consistency = Consistency::All;

    fn attempt(consistency: Consistency, is_idempotent: bool, retries: u32) -> Attempt {
        Attempt { consistency, is_idempotent, retries }
    }

    /// What becomes of a level, by the replicas that there are of five.
    const DOWNGRADED: [(i32, RetryDecision); 6] = [
        (4, SameNode(Consistency::Three)),
        (3, SameNode(Consistency::Three)),
        (2, SameNode(Consistency::Two)),
        (1, SameNode(Consistency::One)),
        (0, Rethrow),
        (-1, Rethrow),
    ];

    #[test]
    fn a_read_timeout_asks_for_as_many_as_answered() {
        let decide = |received, data_present, retries| {
            let timeout = ReadTimeout { received, required: 5, data_present };
            DowngradingConsistency.on_read_timeout(&timeout, &attempt(CL, false, retries))
        };
        for (received, expected) in DOWNGRADED {
            assert_eq!(decide(received, true, 0), expected, "{received}");
            assert_eq!(decide(received, false, 3), expected, "{received}");
        }
    }

    #[test]
    fn a_read_timeout_without_data_is_tried_once_more() {
        let decide = |data_present, retries| {
            let timeout = ReadTimeout { received: 5, required: 5, data_present };
            DowngradingConsistency.on_read_timeout(&timeout, &attempt(CL, false, retries))
        };
        assert_eq!(decide(false, 0), SameNode(CL));
        assert_eq!(decide(false, 1), Rethrow);
        assert_eq!(decide(true, 0), Rethrow);
    }

    fn on_write(write_type: WriteType, received: i32, attempt: &Attempt) -> RetryDecision {
        let timeout = WriteTimeout { received, required: 5, write_type };
        DowngradingConsistency.on_write_timeout(&timeout, attempt)
    }

    #[test]
    fn a_write_that_any_replica_has_is_taken_for_done() {
        for write_type in [WriteType::Simple, WriteType::Batch] {
            assert_eq!(on_write(write_type, 1, &attempt(CL, false, 0)), Ignore);
            assert_eq!(on_write(write_type, 0, &attempt(CL, true, 0)), Rethrow);
        }
    }

    #[test]
    fn an_unlogged_batch_asks_for_as_many_as_acknowledged() {
        for (received, expected) in DOWNGRADED {
            let unlogged = WriteType::UnloggedBatch;
            assert_eq!(on_write(unlogged, received, &attempt(CL, true, 0)), expected);
            assert_eq!(on_write(unlogged, received, &attempt(CL, false, 0)), Rethrow);
        }
    }

    #[test]
    fn a_batch_log_is_written_once_more() {
        assert_eq!(on_write(WriteType::BatchLog, 0, &attempt(CL, true, 0)), SameNode(CL));
        assert_eq!(on_write(WriteType::BatchLog, 0, &attempt(CL, true, 1)), Rethrow);
        assert_eq!(on_write(WriteType::BatchLog, 0, &attempt(CL, false, 0)), Rethrow);
    }

    #[test]
    fn other_writes_are_not_tried_again() {
        for write_type in [WriteType::Counter, WriteType::Cas, WriteType::View, WriteType::Cdc] {
            assert_eq!(on_write(write_type, 2, &attempt(CL, true, 0)), Rethrow, "{write_type:?}");
        }
    }

    #[test]
    fn unavailable_asks_for_as_many_as_are_alive() {
        for (alive, expected) in DOWNGRADED {
            let unavailable = Unavailable { required: 5, alive };
            let decide = |attempt| DowngradingConsistency.on_unavailable(&unavailable, &attempt);
            assert_eq!(decide(attempt(CL, false, 0)), expected);
            assert_eq!(decide(attempt(Consistency::Serial, false, 0)), Rethrow);
            assert_eq!(decide(attempt(Consistency::LocalSerial, true, 0)), Rethrow);
        }
    }

    #[test]
    fn a_downgrade_always_asks_for_less() {
        let unavailable = Unavailable { required: 3, alive: 3 };
        let again = attempt(Consistency::Three, true, 1);
        assert_eq!(DowngradingConsistency.on_unavailable(&unavailable, &again), Rethrow);
    }

    #[test]
    fn other_failures_are_decided_as_by_default() {
        let decide = |is_idempotent| {
            let failure = RequestFailure::Server(&ErrorKind::Overloaded);
            DowngradingConsistency.on_request_failure(failure, &attempt(CL, is_idempotent, 2))
        };
        assert_eq!(decide(true), NextNode(CL));
        assert_eq!(decide(false), Rethrow);
    }
}

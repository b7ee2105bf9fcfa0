use std::sync::Arc;

use helenus_policies::{
    Attempt as Tried, ReadTimeout, RequestFailure, Retry, RetryDecision, Unavailable, WriteTimeout,
};
use helenus_protocol::{Consistency, ErrorKind};
use tokio::time::Instant;

use super::ask::Ask;
use super::attempt::Attempt;
use crate::AttemptError;

/// What to do after an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    SameNode(Consistency),
    NextNode(Consistency),
    Rethrow,
    Ignore,
    /// Another attempt is wanted, and the budget has none left.
    Refused,
}

impl Ask<'_> {
    /// Decides what to do after an attempt that failed, by asking the retry policy where there is a choice.
    pub(super) fn decide(&self, error: &AttemptError, attempt: &Attempt, retries: u32) -> Step {
        let (consistency, is_idempotent) = (attempt.consistency, self.is_idempotent);
        let tried = Tried { consistency, is_idempotent, retries };
        let decision = match error {
            _ if was_not_run(error) => return Step::NextNode(consistency),
            AttemptError::ConnectionLost(_) => {
                self.ask_about(RequestFailure::ConnectionLost, &tried)
            }
            AttemptError::NoAnswer { .. } => self.ask_about(RequestFailure::NoAnswer, &tried),
            AttemptError::Server(error) if !is_statements_own(&error.kind) => {
                self.ask_policy(&error.kind, &tried)
            }
            _ => RetryDecision::Rethrow,
        };
        let next = match decision {
            RetryDecision::SameNode(consistency) => Step::SameNode(consistency),
            RetryDecision::NextNode(consistency) => Step::NextNode(consistency),
            RetryDecision::Ignore => return Step::Ignore,
            _ => return Step::Rethrow,
        };
        let budget = &self.session.inner.budget;
        let now = Instant::now().into_std();
        let has_any = match error {
            AttemptError::ConnectionLost(_) => budget.borrow(now),
            _ => budget.withdraw(now),
        };
        let counters = &self.session.inner.counters;
        if has_any {
            counters.retries.add_one();
            next
        } else {
            counters.retries_refused.add_one();
            Step::Refused
        }
    }

    /// Asks the retry policy about a server's error.
    fn ask_policy(&self, kind: &ErrorKind, tried: &Tried) -> RetryDecision {
        let policy = self.retry();
        match *kind {
            ErrorKind::ReadTimeout { received, required, data_present, .. } => {
                policy.on_read_timeout(&ReadTimeout { received, required, data_present }, tried)
            }
            ErrorKind::WriteTimeout { received, required, write_type, .. } => {
                policy.on_write_timeout(&WriteTimeout { received, required, write_type }, tried)
            }
            ErrorKind::Unavailable { required, alive, .. } => {
                policy.on_unavailable(&Unavailable { required, alive }, tried)
            }
            _ => self.ask_about(RequestFailure::Server(kind), tried),
        }
    }

    fn retry(&self) -> Arc<dyn Retry> {
        let cluster = self.session.inner.cluster.snapshot();
        Arc::clone(&self.profile(&cluster).retry)
    }

    /// Asks the retry policy about any other failure.
    fn ask_about(&self, failure: RequestFailure<'_>, tried: &Tried) -> RetryDecision {
        self.retry().on_request_failure(failure, tried)
    }
}

/// Whether the node has certainly not run the request, so that it may go anywhere, free of charge.
pub(super) fn was_not_run(error: &AttemptError) -> bool {
    match error {
        AttemptError::Busy | AttemptError::NotConnected(_) => true,
        AttemptError::Server(error) => {
            matches!(error.kind, ErrorKind::IsBootstrapping | ErrorKind::Unprepared { .. })
                || error.is_shutting_down()
        }
        _ => false,
    }
}

/// Whether it is the statement that is wrong, which no other node will see otherwise.
pub(super) fn is_statements_own(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::SyntaxError
            | ErrorKind::Invalid
            | ErrorKind::Unauthorized
            | ErrorKind::ConfigError
            | ErrorKind::AlreadyExists { .. }
            | ErrorKind::FunctionFailure { .. }
            | ErrorKind::ProtocolError
    )
}

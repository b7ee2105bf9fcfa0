use helenus_policies::{
    Attempt, ReadTimeout, RequestFailure, RetryDecision, Unavailable, WriteTimeout,
};
use helenus_protocol::ErrorKind;

use super::execution::Execution;
use crate::AttemptError;

/// What to do after an attempt that failed.
pub(super) enum Step {
    SameNode,
    NextNode,
    Rethrow,
    Ignore,
}

impl Execution<'_> {
    /// Decides what to do after an attempt that failed, by asking the retry policy where there is a choice.
    pub(super) fn decide(&mut self, error: &AttemptError) -> Step {
        let decision = match error {
            // It never left, so it may go anywhere.
            AttemptError::Busy | AttemptError::NotConnected(_) => return Step::NextNode,
            AttemptError::Unreadable(_) | AttemptError::Unexpected(_) => return Step::Rethrow,
            AttemptError::ConnectionLost(_) => self.ask_about(RequestFailure::ConnectionLost),
            AttemptError::NoAnswer { .. } => self.ask_about(RequestFailure::NoAnswer),
            AttemptError::Server(error) => match &error.kind {
                // Neither has run it.
                ErrorKind::IsBootstrapping | ErrorKind::Unprepared { .. } => return Step::NextNode,
                ErrorKind::SyntaxError
                | ErrorKind::Invalid
                | ErrorKind::Unauthorized
                | ErrorKind::ConfigError
                | ErrorKind::AlreadyExists { .. }
                | ErrorKind::FunctionFailure { .. }
                | ErrorKind::ProtocolError => return Step::Rethrow,
                kind => self.ask_policy(kind),
            },
        };
        let (next, consistency) = match decision {
            RetryDecision::SameNode(consistency) => (Step::SameNode, consistency),
            RetryDecision::NextNode(consistency) => (Step::NextNode, consistency),
            RetryDecision::Ignore => return Step::Ignore,
            _ => return Step::Rethrow,
        };
        self.retries += 1;
        self.session.inner.counters.retries.add_one();
        self.consistency = consistency;
        next
    }

    /// Asks the retry policy about a server's error.
    fn ask_policy(&self, kind: &ErrorKind) -> RetryDecision {
        let (policy, attempt) = (&self.session.inner.config.retry, self.as_seen_by_policies());
        match *kind {
            ErrorKind::ReadTimeout { received, required, data_present, .. } => {
                policy.on_read_timeout(&ReadTimeout { received, required, data_present }, &attempt)
            }
            ErrorKind::WriteTimeout { received, required, write_type, .. } => {
                policy.on_write_timeout(&WriteTimeout { received, required, write_type }, &attempt)
            }
            ErrorKind::Unavailable { required, alive, .. } => {
                policy.on_unavailable(&Unavailable { required, alive }, &attempt)
            }
            _ => self.ask_about(RequestFailure::Server(kind)),
        }
    }

    /// Asks the retry policy about any other failure.
    fn ask_about(&self, failure: RequestFailure<'_>) -> RetryDecision {
        let policy = &self.session.inner.config.retry;
        policy.on_request_failure(failure, &self.as_seen_by_policies())
    }

    fn as_seen_by_policies(&self) -> Attempt {
        Attempt {
            consistency: self.consistency,
            is_idempotent: self.is_idempotent,
            retries: self.retries,
        }
    }
}

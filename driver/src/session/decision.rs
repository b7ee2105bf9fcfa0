use helenus_policies::{
    Attempt, ReadTimeout, RequestFailure, RetryDecision, Unavailable, WriteTimeout,
};
use helenus_protocol::{Consistency, ErrorKind, Request};

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
    pub(super) fn decide(&mut self, error: &AttemptError, request: &mut Request<'_>) -> Step {
        let decision = match error {
            // It never left, so it may go anywhere.
            AttemptError::Busy | AttemptError::NotConnected(_) => return Step::NextNode,
            AttemptError::Unreadable(_) | AttemptError::Unexpected(_) => return Step::Rethrow,
            AttemptError::ConnectionLost(_) => self.ask_policy(None),
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
                kind => self.ask_policy(Some(kind)),
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
        self.set_consistency(consistency, request);
        next
    }

    /// Asks the retry policy about a server's error, or, without one, about a lost connection.
    fn ask_policy(&self, kind: Option<&ErrorKind>) -> RetryDecision {
        let policy = &self.session.inner.config.retry;
        let attempt = Attempt {
            consistency: self.consistency,
            is_idempotent: self.options.is_idempotent,
            retries: self.retries,
        };
        match kind {
            None => policy.on_request_failure(RequestFailure::ConnectionLost, &attempt),
            Some(&ErrorKind::ReadTimeout { received, required, data_present, .. }) => {
                policy.on_read_timeout(&ReadTimeout { received, required, data_present }, &attempt)
            }
            Some(&ErrorKind::WriteTimeout { received, required, write_type, .. }) => {
                policy.on_write_timeout(&WriteTimeout { received, required, write_type }, &attempt)
            }
            Some(&ErrorKind::Unavailable { required, alive, .. }) => {
                policy.on_unavailable(&Unavailable { required, alive }, &attempt)
            }
            Some(kind) => policy.on_request_failure(RequestFailure::Server(kind), &attempt),
        }
    }

    fn set_consistency(&mut self, consistency: Consistency, request: &mut Request<'_>) {
        self.consistency = consistency;
        match request {
            Request::Query(query) => query.parameters.consistency = consistency,
            Request::Execute(execute) => execute.parameters.consistency = consistency,
            Request::Batch(batch) => batch.parameters.consistency = consistency,
            _ => {}
        }
    }
}

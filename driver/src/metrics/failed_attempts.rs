use std::ops::AddAssign;

use helenus_protocol::ErrorKind;

use super::Counter;

/// Attempts of requests that failed after they were sent, by kind; counts are since the session was built.
///
/// A request that is tried again counts once for each attempt that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedAttempts {
    /// There was no answer in the time that the attempt had.
    pub timeouts: u64,
    /// The connection was lost while they waited.
    pub connection_lost: u64,
    /// The answer could not be read, or was too large.
    pub unreadable: u64,
    /// Too few replicas were up.
    pub unavailable: u64,
    /// The server was overloaded.
    pub overloaded: u64,
    /// The server was still starting.
    pub bootstrapping: u64,
    /// Replicas did not answer the coordinator's read in time.
    pub read_timeout: u64,
    /// Replicas did not answer the coordinator's write in time.
    pub write_timeout: u64,
    /// A replica failed while it read.
    pub read_failure: u64,
    /// A replica failed while it wrote.
    pub write_failure: u64,
    /// The server failed in another way, or could not truncate.
    pub server_error: u64,
    /// The server had forgotten the statement; it is told again.
    pub unprepared: u64,
    /// The statement is wrong or not allowed: syntax, invalid, unauthorized, exists already, a function that fails.
    pub refused: u64,
}

impl FailedAttempts {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Self {
            timeouts,
            connection_lost,
            unreadable,
            unavailable,
            overloaded,
            bootstrapping,
            read_timeout,
            write_timeout,
            read_failure,
            write_failure,
            server_error,
            unprepared,
            refused,
        } = *self;
        timeouts
            + connection_lost
            + unreadable
            + unavailable
            + overloaded
            + bootstrapping
            + read_timeout
            + write_timeout
            + read_failure
            + write_failure
            + server_error
            + unprepared
            + refused
    }

    /// Those that say that the node is unwell, not that the request was wrong or that replicas were missing.
    pub(crate) fn of_node(&self) -> u64 {
        let of_replicas = self.unavailable + self.read_timeout + self.write_timeout;
        self.total() - of_replicas - self.unprepared - self.refused
    }
}

impl AddAssign for FailedAttempts {
    fn add_assign(&mut self, other: Self) {
        self.timeouts += other.timeouts;
        self.connection_lost += other.connection_lost;
        self.unreadable += other.unreadable;
        self.unavailable += other.unavailable;
        self.overloaded += other.overloaded;
        self.bootstrapping += other.bootstrapping;
        self.read_timeout += other.read_timeout;
        self.write_timeout += other.write_timeout;
        self.read_failure += other.read_failure;
        self.write_failure += other.write_failure;
        self.server_error += other.server_error;
        self.unprepared += other.unprepared;
        self.refused += other.refused;
    }
}

/// Counts them.
#[derive(Debug, Default)]
pub(crate) struct FailedCounters {
    pub(crate) timeouts: Counter,
    pub(crate) connection_lost: Counter,
    pub(crate) unreadable: Counter,
    unavailable: Counter,
    overloaded: Counter,
    bootstrapping: Counter,
    read_timeout: Counter,
    write_timeout: Counter,
    read_failure: Counter,
    write_failure: Counter,
    server_error: Counter,
    unprepared: Counter,
    refused: Counter,
}

impl FailedCounters {
    /// Counts an error of the server.
    pub(crate) fn count(&self, kind: &ErrorKind) {
        let counter = match kind {
            ErrorKind::Unavailable { .. } => &self.unavailable,
            ErrorKind::Overloaded => &self.overloaded,
            ErrorKind::IsBootstrapping => &self.bootstrapping,
            ErrorKind::ReadTimeout { .. } => &self.read_timeout,
            ErrorKind::WriteTimeout { .. } => &self.write_timeout,
            ErrorKind::ReadFailure { .. } => &self.read_failure,
            ErrorKind::WriteFailure { .. } => &self.write_failure,
            ErrorKind::Unprepared { .. } => &self.unprepared,
            ErrorKind::SyntaxError
            | ErrorKind::Invalid
            | ErrorKind::Unauthorized
            | ErrorKind::ConfigError
            | ErrorKind::AlreadyExists { .. }
            | ErrorKind::FunctionFailure { .. } => &self.refused,
            _ => &self.server_error,
        };
        counter.add_one();
    }

    pub(crate) fn get(&self) -> FailedAttempts {
        FailedAttempts {
            timeouts: self.timeouts.get(),
            connection_lost: self.connection_lost.get(),
            unreadable: self.unreadable.get(),
            unavailable: self.unavailable.get(),
            overloaded: self.overloaded.get(),
            bootstrapping: self.bootstrapping.get(),
            read_timeout: self.read_timeout.get(),
            write_timeout: self.write_timeout.get(),
            read_failure: self.read_failure.get(),
            write_failure: self.write_failure.get(),
            server_error: self.server_error.get(),
            unprepared: self.unprepared.get(),
            refused: self.refused.get(),
        }
    }
}

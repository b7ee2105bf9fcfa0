use std::sync::Arc;
use std::time::Duration;

use helenus_policies::Priority;
use helenus_protocol::{Consistency, SerialConsistency};

use crate::profile::Settings;

/// What a statement says about how it is to be run; what it leaves open, the session decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StatementOptions {
    pub(crate) is_idempotent: bool,
    pub(crate) profile: Option<Arc<str>>,
    /// Most statements have none.
    own: Option<Box<OwnSettings>>,
}

/// What a statement says in the place of its profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OwnSettings {
    pub(super) consistency: Option<Consistency>,
    pub(super) serial_consistency: Option<SerialConsistency>,
    pub(super) page_size: Option<i32>,
    pub(super) timeout: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) timestamp: Option<i64>,
    pub(super) priority: Option<Priority>,
    pub(super) is_traced: bool,
}

impl StatementOptions {
    /// What it says itself, to say more.
    pub(super) fn own(&mut self) -> &mut OwnSettings {
        self.own.get_or_insert_default()
    }

    /// Puts what it says itself in the place of what its profile says.
    #[inline]
    pub(crate) fn settle(&self, settings: &mut Settings) {
        if let Some(own) = &self.own {
            own.settle(settings);
        }
    }

    /// The timestamp that it was given, in microseconds since the Unix epoch.
    #[inline]
    pub(crate) fn timestamp(&self) -> Option<i64> {
        self.own.as_ref()?.timestamp
    }
}

impl OwnSettings {
    #[cold]
    fn settle(&self, settings: &mut Settings) {
        *settings = Settings {
            consistency: self.consistency.unwrap_or(settings.consistency),
            serial_consistency: self.serial_consistency.or(settings.serial_consistency),
            request_timeout: self.timeout.unwrap_or(settings.request_timeout),
            attempt_timeout: self.attempt_timeout.or(settings.attempt_timeout),
            page_size: self.page_size.unwrap_or(settings.page_size),
            is_traced: self.is_traced || settings.is_traced,
            priority: self.priority.unwrap_or(settings.priority),
        };
    }
}

/// Gives a type with a field `options` the methods that set them.
macro_rules! with_statement_options {
    ($statement:ty) => {
        impl $statement {
            /// How many replicas must answer. By default the session's level.
            #[must_use]
            pub fn with_consistency(mut self, level: helenus_protocol::Consistency) -> Self {
                self.options.own().consistency = Some(level);
                self
            }

            /// The level of a conditional statement's Paxos phase. By default the server's: `SERIAL`.
            #[must_use]
            pub fn with_serial_consistency(
                mut self,
                level: helenus_protocol::SerialConsistency,
            ) -> Self {
                self.options.own().serial_consistency = Some(level);
                self
            }

            /// How long the request may take in all, retries included. By default the session's timeout.
            #[must_use]
            pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options.own().timeout = Some(timeout);
                self
            }

            /// How long one attempt may take before the retry policy is asked whether another node may do better. By
            /// default the session's, which by default sets no limit but the request's own.
            #[must_use]
            pub fn with_attempt_timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options.own().attempt_timeout = Some(timeout);
                self
            }

            /// The write's timestamp, in microseconds since the Unix epoch. By default the coordinator's clock.
            #[must_use]
            pub fn with_timestamp(mut self, microseconds: i64) -> Self {
                self.options.own().timestamp = Some(microseconds);
                self
            }

            /// How urgent the request is where it has to wait for room at the nodes. Default
            /// [`Priority::Normal`](helenus_policies::Priority::Normal).
            #[must_use]
            pub fn with_priority(mut self, priority: helenus_policies::Priority) -> Self {
                self.options.own().priority = Some(priority);
                self
            }

            /// Says that running it twice is the same as running it once, so that it may be retried wherever it may
            /// have been run already. Default no.
            #[must_use]
            pub fn with_idempotence(mut self, is_idempotent: bool) -> Self {
                self.options.is_idempotent = is_idempotent;
                self
            }

            /// The [`ExecutionProfile`](crate::ExecutionProfile) that it follows where it says nothing itself. By default the
            /// session's.
            #[must_use]
            pub fn with_profile(mut self, name: impl Into<std::sync::Arc<str>>) -> Self {
                self.options.profile = Some(name.into());
                self
            }

            /// Has the server record how it runs the request, under [`QueryResult::tracing_id`]. Default no.
            ///
            /// [`QueryResult::tracing_id`]: crate::QueryResult::tracing_id
            #[must_use]
            pub fn with_tracing(mut self, is_traced: bool) -> Self {
                self.options.own().is_traced = is_traced;
                self
            }
        }
    };
}
pub(super) use with_statement_options;

/// As [`with_statement_options`], for statements that return rows.
macro_rules! with_page_size {
    ($statement:ty) => {
        impl $statement {
            /// Rows per page, at least 1. By default the session's page size.
            #[must_use]
            pub fn with_page_size(mut self, rows: i32) -> Self {
                self.options.own().page_size = Some(rows.max(1));
                self
            }
        }
    };
}
pub(super) use with_page_size;

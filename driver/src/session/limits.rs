use std::time::Duration;

use thiserror::Error;

/// How many requests a session runs at the same time and per second. The others wait in a queue, the urgent ones first
/// and none for ever.
///
/// ```
/// use helenus::{RequestLimits, Session};
///
/// let mut limits = RequestLimits::default();
/// limits.per_second = Some(5_000);
/// let builder = Session::builder().contact_point("10.0.0.1").limits(limits);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLimits {
    /// Requests that run at the same time, at least 1; `None` for any number. Default `None`.
    pub concurrent: Option<usize>,
    /// Requests per second, at least 1; `None` for any number. Default `None`.
    pub per_second: Option<u32>,
    /// Requests that may go at once after a pause, within what a second allows; at least 1. Default 100.
    pub burst: u32,
    /// Requests that may wait. Default 4,096.
    pub max_waiting: usize,
    /// How long one may wait; zero does not wait. Default 10 s.
    pub acquire_timeout: Duration,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            concurrent: None,
            per_second: None,
            burst: 100,
            max_waiting: 4096,
            acquire_timeout: Duration::from_secs(10),
        }
    }
}

impl RequestLimits {
    /// At most so many at the same time.
    pub fn concurrent(requests: usize) -> Self {
        Self { concurrent: Some(requests), ..Self::default() }
    }

    /// At most so many per second, and up to a tenth of them at once.
    pub fn per_second(requests: u32) -> Self {
        Self { per_second: Some(requests), burst: (requests / 10).max(1), ..Self::default() }
    }

    pub(super) fn is_any(&self) -> bool {
        self.concurrent.is_some() || self.per_second.is_some()
    }

    pub(super) fn zero(&self) -> Option<&'static str> {
        [
            ("concurrent", self.concurrent == Some(0)),
            ("per_second", self.per_second == Some(0)),
            ("burst", self.burst == 0),
        ]
        .into_iter()
        .find_map(|(setting, is_zero)| is_zero.then_some(setting))
    }
}

/// The session's own limits did not let the request through. It was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the session's limits let no more requests through: {running} run and {waiting} wait; after {} ms this one gave up. \
     Send fewer, or raise RequestLimits",
    waited.as_millis()
)]
#[non_exhaustive]
pub struct Throttled {
    /// Requests that ran.
    pub running: usize,
    /// Requests that waited, without this one.
    pub waiting: usize,
    /// How long it waited. No time where it may not wait, or where the queue was full.
    pub waited: Duration,
}

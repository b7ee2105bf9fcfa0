use std::time::Duration;

use helenus_policies::Priority;
use helenus_protocol::{Consistency, SerialConsistency};

/// With what, and within which limits, requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) consistency: Consistency,
    pub(crate) serial_consistency: Option<SerialConsistency>,
    pub(crate) request_timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) page_size: i32,
    pub(crate) is_traced: bool,
    pub(crate) priority: Priority,
}

impl Settings {
    pub(crate) const DEFAULT: Self = Self {
        consistency: Consistency::LocalQuorum,
        serial_consistency: None,
        request_timeout: Duration::from_secs(12),
        attempt_timeout: None,
        page_size: 5000,
        is_traced: false,
        priority: Priority::Normal,
    };
}

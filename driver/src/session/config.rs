use std::sync::Arc;
use std::time::Duration;

use helenus_policies::{Backoff, Retry, Speculation};
use helenus_protocol::Consistency;

use super::RequestLimits;

/// What the session decides where a statement leaves it open.
#[derive(Debug)]
pub(crate) struct SessionConfig {
    pub(crate) consistency: Consistency,
    pub(crate) request_timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) page_size: i32,
    pub(crate) infers_idempotence: bool,
    pub(crate) retry: Arc<dyn Retry>,
    pub(crate) backoff: Backoff,
    pub(crate) speculation: Option<Arc<dyn Speculation>>,
    pub(crate) limits: RequestLimits,
    pub(crate) schema_agreement_timeout: Duration,
}

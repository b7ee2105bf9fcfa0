use std::sync::Arc;
use std::time::Duration;

use helenus_policies::{Backoff, TimestampGenerator};

use super::RequestLimits;

/// What the session decides where a statement leaves it open.
#[derive(Debug)]
pub(crate) struct SessionConfig {
    pub(crate) infers_idempotence: bool,
    pub(crate) backoff: Backoff,
    pub(crate) timestamps: Option<Arc<dyn TimestampGenerator>>,
    pub(crate) limits: RequestLimits,
    pub(crate) schema_agreement_timeout: Duration,
}

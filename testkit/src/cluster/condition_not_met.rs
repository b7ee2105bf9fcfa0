//! A condition that was waited for in vain.

use std::fmt;
use std::time::Duration;

use super::ClusterReport;

/// What was waited for did not come about; it prints what was seen, by `unwrap` too.
#[derive(Clone, thiserror::Error)]
#[error("what was waited for has not come about in {waited:?}; what was seen:\n{seen}")]
pub struct ConditionNotMet {
    /// How long it was waited for.
    pub waited: Duration,
    /// What the cluster had seen by then.
    pub seen: ClusterReport,
}

impl fmt::Debug for ConditionNotMet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

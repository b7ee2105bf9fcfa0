//! What faults are injected into.

use std::fmt;
use std::sync::Arc;

use super::ActiveFault;

/// A node, or what stands in front of one.
pub(crate) trait FaultHost: fmt::Debug + Send + Sync {
    /// Lets a fault strike here. `lane` is the course of the fault that is this host's.
    fn add_fault(&self, fault: Arc<ActiveFault>, lane: usize);

    /// Ends it; what it has delayed still comes.
    fn remove_fault(&self, fault: &Arc<ActiveFault>);
}

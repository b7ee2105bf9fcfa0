//! How many nodes are not as they should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Shared by the nodes of a cluster: while it is zero, every replica answers at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles {
    nodes: Arc<AtomicUsize>,
}

impl Troubles {
    pub(crate) fn are_none(&self) -> bool {
        self.nodes.load(Ordering::Acquire) == 0
    }

    pub(super) fn begin(&self) {
        self.nodes.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn end(&self) {
        self.nodes.fetch_sub(1, Ordering::AcqRel);
    }
}

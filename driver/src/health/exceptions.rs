use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether there are nodes that are not as usual. Mostly there are none, and requests need not look at each node.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    set_back: AtomicBool,
    newcomers: AtomicBool,
}

impl Exceptions {
    /// Whether any node is to be asked after all others.
    #[inline]
    pub(crate) fn has_set_back(&self) -> bool {
        self.set_back.load(Relaxed)
    }

    /// Whether any node is of use again after it was not.
    #[inline]
    pub(crate) fn has_newcomers(&self) -> bool {
        self.newcomers.load(Relaxed)
    }

    /// A node has come back; whoever looks at nodes next says how long that matters.
    pub(crate) fn expect_newcomers(&self) {
        self.newcomers.store(true, Relaxed);
    }

    pub(super) fn set(&self, has_set_back: bool, has_newcomers: bool) {
        self.set_back.store(has_set_back, Relaxed);
        self.newcomers.store(has_newcomers, Relaxed);
    }
}

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

const SET_BACK: u8 = 1;
const NEWCOMERS: u8 = 2;

/// Whether there are nodes that are not as usual. Mostly there are none, and requests need not look at each node.
#[derive(Debug, Default)]
pub(crate) struct Exceptions(AtomicU8);

impl Exceptions {
    /// Whether there are any at all.
    #[inline]
    pub(crate) fn are_there(&self) -> bool {
        self.0.load(Relaxed) != 0
    }

    /// Whether any node is to be asked after all others.
    #[inline]
    pub(crate) fn has_set_back(&self) -> bool {
        self.0.load(Relaxed) & SET_BACK != 0
    }

    /// Whether any node is of use again after it was not.
    #[inline]
    pub(crate) fn has_newcomers(&self) -> bool {
        self.0.load(Relaxed) & NEWCOMERS != 0
    }

    /// A node has come back; whoever looks at nodes next says how long that matters.
    pub(crate) fn expect_newcomers(&self) {
        self.0.fetch_or(NEWCOMERS, Relaxed);
    }

    pub(super) fn set(&self, has_set_back: bool, has_newcomers: bool) {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        self.0.store(flag(has_set_back, SET_BACK) | flag(has_newcomers, NEWCOMERS), Relaxed);
    }
}

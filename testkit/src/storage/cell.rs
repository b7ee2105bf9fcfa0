//! A value, or its deletion, at a time.

/// How long a write lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lifetime {
    /// In seconds; 0 is for ever.
    pub(crate) ttl: u32,
    /// The second since the epoch at which it ends.
    pub(crate) expires_at: u32,
}

impl Lifetime {
    pub(crate) const FOREVER: Self = Self { ttl: 0, expires_at: 0 };

    pub(crate) fn starting_at(now: u32, ttl: u32) -> Self {
        if ttl == 0 { Self::FOREVER } else { Self { ttl, expires_at: now.saturating_add(ttl) } }
    }

    pub(crate) fn is_over(self, now: u32) -> bool {
        self.ttl != 0 && self.expires_at <= now
    }

    /// Seconds left; `None` if it never ends.
    pub(crate) fn remaining(self, now: u32) -> Option<u32> {
        (self.ttl != 0).then(|| self.expires_at.saturating_sub(now))
    }
}

/// The newest write to a column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// `None` where the write was a deletion.
    pub(crate) value: Option<Box<[u8]>>,
    /// Microseconds since the epoch, as the client says.
    pub(crate) timestamp: i64,
    pub(crate) lifetime: Lifetime,
}

impl Cell {
    /// The value, unless it was deleted or has expired.
    pub(crate) fn live(&self, now: u32) -> Option<&[u8]> {
        if self.lifetime.is_over(now) { None } else { self.value.as_deref() }
    }

    /// Whether this write counts rather than `other`: the later one; of two at once a deletion, then the greater value.
    pub(crate) fn supersedes(&self, other: &Self) -> bool {
        let rank = |cell: &Self| (cell.timestamp, cell.value.is_none());
        (rank(self), &self.value) >= (rank(other), &other.value)
    }
}

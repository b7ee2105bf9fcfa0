/// Why a replica failed a read or a write (v5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureReason {
    /// It did not say.
    Unknown,
    /// The read met too many tombstones.
    TooManyTombstones,
    /// It timed out.
    Timeout,
    /// Its schema differs from the coordinator's.
    IncompatibleSchema,
    /// The read would have been too large.
    ReadSize,
    /// It is down.
    NodeDown,
    /// An index is not built yet.
    IndexNotAvailable,
    /// The read would have used too many indexes.
    TooManyIndexes,
    /// A code that this crate does not know.
    Other(u16),
}

impl FailureReason {
    /// The reason with this code on the wire.
    pub fn from_code(code: u16) -> Self {
        match code {
            0 => Self::Unknown,
            1 => Self::TooManyTombstones,
            2 => Self::Timeout,
            3 => Self::IncompatibleSchema,
            4 => Self::ReadSize,
            5 => Self::NodeDown,
            6 => Self::IndexNotAvailable,
            7 => Self::TooManyIndexes,
            other => Self::Other(other),
        }
    }

    /// The code on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Unknown => 0,
            Self::TooManyTombstones => 1,
            Self::Timeout => 2,
            Self::IncompatibleSchema => 3,
            Self::ReadSize => 4,
            Self::NodeDown => 5,
            Self::IndexNotAvailable => 6,
            Self::TooManyIndexes => 7,
            Self::Other(code) => code,
        }
    }
}

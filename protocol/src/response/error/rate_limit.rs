/// What ScyllaDB was asked for too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimitedOperation {
    /// Reads of a partition.
    Read,
    /// Writes to a partition.
    Write,
    /// A number that this crate does not know.
    Other(u8),
}

impl RateLimitedOperation {
    /// The operation with this number on the wire.
    pub fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Read,
            1 => Self::Write,
            other => Self::Other(other),
        }
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Write => 1,
            Self::Other(number) => number,
        }
    }
}

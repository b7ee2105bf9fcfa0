//! Why a text describes no fault.

/// A text that describes no [`Fault`](super::Fault).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// There is no text.
    #[error("a fault is missing: one of {known}")]
    Missing {
        /// The faults that there are.
        known: String,
    },
    /// The first word is no fault.
    #[error("there is no fault {word:?}; there are {known}")]
    UnknownFault {
        /// The word.
        word: String,
        /// The faults that there are.
        known: String,
    },
    /// A word behind the fault is no option.
    #[error(
        "there is no option {word:?}; there are matching, to, connection, as-replica, times, probability and seed"
    )]
    UnknownOption {
        /// The word.
        word: String,
    },
    /// Something that takes a value has none.
    #[error("{of:?} needs {wanted}, and nothing follows it")]
    MissingValue {
        /// The fault or option.
        of: String,
        /// What it needs.
        wanted: String,
    },
    /// A value that cannot be.
    #[error("{of:?} needs {wanted}, not {value:?}")]
    BadValue {
        /// The fault or option.
        of: String,
        /// What it needs.
        wanted: String,
        /// What there is.
        value: String,
    },
    /// A quote that nothing closes.
    #[error("the quote at byte {at} is never closed")]
    OpenQuote {
        /// Where it opens.
        at: usize,
    },
}

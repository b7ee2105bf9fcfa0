//! What the connections of a node do not do for now.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pauses {
    /// Neither reading nor answering.
    pub(crate) is_frozen: bool,
    /// Not reading.
    pub(crate) reads: bool,
}

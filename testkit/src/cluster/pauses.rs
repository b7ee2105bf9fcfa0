//! What the connections of a node do not do for now.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pauses {
    /// Neither reading nor answering.
    pub(crate) is_frozen: bool,
    /// Counts the changes of the node's faults, some of which are about connections.
    pub(crate) faults_changed: u64,
}

/// What certificate the nodes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NodeCertificate {
    /// One that is in order: for the node's address and `localhost`.
    #[default]
    Valid,
    /// One for a name that is not the node's.
    OtherName,
    /// One that expired in 2001.
    Expired,
}

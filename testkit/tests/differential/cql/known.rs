//! Statements on which the embedded cluster differs, each with the reason.

/// A statement and why it comes to something else.
pub(crate) const KNOWN: &[(&str, &str)] = &[(
    "UPDATE people SET u = (1, 2) WHERE k = 1",
    "a tuple for a user-defined type is refused; Cassandra fails with a ClassCastException",
)];

//! `DESCRIBE`.

use super::TableName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Describe {
    pub(crate) target: DescribeTarget,
    /// `WITH INTERNALS`
    pub(crate) internals: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DescribeTarget {
    Keyspaces,
    Tables,
    Types,
    Functions,
    Aggregates,
    Cluster,
    /// `SCHEMA`, or `FULL SCHEMA` with what belongs to the server.
    Schema {
        full: bool,
    },
    /// A keyspace; the current one where none is named.
    Keyspace {
        name: Option<String>,
        only: bool,
    },
    Table(TableName),
    Type(TableName),
    Index(TableName),
    View(TableName),
    Function(TableName),
    Aggregate(TableName),
    /// Whatever has this name.
    Any(TableName),
}

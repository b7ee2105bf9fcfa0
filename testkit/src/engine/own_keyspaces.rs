//! What clients may change of the keyspaces that are the server's own.

use std::fmt;

use crate::query_error::QueryError;

/// Those of which each node has its own rows, or computes them.
const LOCAL: [&str; 4] = ["system", "system_schema", "system_views", "system_virtual_schema"];
/// Those that are replicated like a client's; their replication may be changed.
const REPLICATED: [&str; 3] = ["system_auth", "system_distributed", "system_traces"];

/// A permission that even superusers do not have there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Right {
    Create,
    Alter,
    Drop,
}

/// What the permission is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum On<'a> {
    Keyspace(&'a str),
    /// Whatever else a keyspace holds counts as its tables.
    AllTables(&'a str),
    Table(&'a str, &'a str),
}

/// Refuses a change as a node does that looks at permissions before anything else.
pub(super) fn check_permitted(right: Right, on: On<'_>) -> Result<(), QueryError> {
    let (On::Keyspace(keyspace) | On::AllTables(keyspace) | On::Table(keyspace, _)) = on;
    if LOCAL.contains(&keyspace) {
        return Err(QueryError::Unauthorized(format!(
            "{keyspace} keyspace is not user-modifiable."
        )));
    }
    match (right, on) {
        (Right::Alter, On::Keyspace(_)) => Ok(()),
        _ if REPLICATED.contains(&keyspace) => {
            Err(QueryError::Unauthorized(format!("Cannot {right} {on}")))
        }
        _ => Ok(()),
    }
}

/// Refuses a change of what no permission is asked for.
pub(super) fn check_not_local(keyspace: &str) -> Result<(), QueryError> {
    if LOCAL.contains(&keyspace) {
        return Err(QueryError::Invalid(format!(
            "System keyspace '{keyspace}' is not user-modifiable"
        )));
    }
    Ok(())
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "CREATE",
            Self::Alter => "ALTER",
            Self::Drop => "DROP",
        })
    }
}

impl fmt::Display for On<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyspace(keyspace) => write!(f, "<keyspace {keyspace}>"),
            Self::AllTables(keyspace) => write!(f, "<all tables in {keyspace}>"),
            Self::Table(keyspace, table) => write!(f, "<table {keyspace}.{table}>"),
        }
    }
}

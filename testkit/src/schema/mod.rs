//! What exists: keyspaces, tables and their columns.

mod catalog;
mod keyspace;
mod options;
mod table;

pub(crate) use catalog::{Catalog, Schema};
pub(crate) use keyspace::{Keyspace, Replication};
pub(crate) use options::TableOptions;
pub(crate) use table::{Column, ColumnKind, Table};

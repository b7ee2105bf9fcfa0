//! What exists: keyspaces, tables and their columns.

mod alteration;
mod catalog;
mod column;
mod index;
mod keyspace;
mod options;
mod replication;
mod routine;
mod table;
mod user_type;
mod view;

pub(crate) use catalog::{Catalog, Schema};
pub(crate) use column::{Column, ColumnKind, DroppedColumn};
pub(crate) use index::Index;
pub(crate) use keyspace::Keyspace;
pub(crate) use options::TableOptions;
pub(crate) use replication::Replication;
pub(crate) use routine::{Routine, UserAggregate, UserFunction};
pub(crate) use table::Table;
pub(crate) use user_type::{UserType, UserTypes};
pub(crate) use view::View;

//! What makes the nodes of a cluster ScyllaDB's.

mod settings;
mod system_tables;
mod tablets;

pub use settings::Scylla;
pub(crate) use system_tables::{install, keyspaces_table, tables_table};
pub(crate) use tablets::Tablets;

//! The work that Helenus' policies do for a session, on clusters that are made up.

mod cluster;
mod task;

pub use cluster::{Cluster, TOKENS, nodes, strategy};
pub use task::Task;

/// Anything that can go wrong.
pub type Error = Box<dyn std::error::Error>;

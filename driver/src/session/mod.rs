//! What users hold: one session for a cluster, shared by all their tasks.

mod ask;
mod attempt;
mod builder;
mod call;
mod config;
mod course;
mod decision;
mod execution;
mod explaining;
mod gate;
mod handle;
mod keyspace;
mod limiter;
mod limits;
mod observing;
mod pools;
mod profiles;
mod race;
mod seed;

pub use builder::SessionBuilder;
pub(crate) use config::SessionConfig;
pub use handle::Session;
pub use limits::{RequestLimits, Throttled};

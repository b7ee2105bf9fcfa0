//! What the example programs share: how they find a cluster, and how they end.

mod connect;
mod termination;

pub use connect::{ConnectOptions, Target};
pub use termination::Termination;

//! What the example programs share: how they find a cluster.

mod connect;

pub use connect::{ConnectOptions, Target};

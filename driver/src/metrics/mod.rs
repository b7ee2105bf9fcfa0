//! Figures, gathered from where they are counted when somebody asks for them.

mod closed_connections;
mod connection_metrics;
mod counters;
mod failed_attempts;
mod node_metrics;
mod pool_metrics;
mod session_metrics;
mod tally;

pub use closed_connections::ClosedConnections;
pub(crate) use closed_connections::ClosedCounters;
pub use connection_metrics::ConnectionMetrics;
pub(crate) use counters::{Counter, Counters};
pub use failed_attempts::FailedAttempts;
pub(crate) use failed_attempts::FailedCounters;
pub use node_metrics::NodeMetrics;
pub use pool_metrics::PoolMetrics;
pub use session_metrics::Metrics;
pub(crate) use tally::Tally;

//! Which node a request goes to, and which one next.

mod cluster_state;
mod dc_aware;
mod distance_evaluator;
mod explanation;
mod host_filter;
mod latency_aware;
mod least_in_flight;
mod load;
mod load_balancing;
mod plan;
mod rack_aware;
mod read_write_split;
mod round_robin;
mod routing;
mod set_back;
#[cfg(test)]
mod simulated;
mod slow_start;
mod tags;
mod token_aware;
mod view;
mod visit;
mod weighted_random;

pub use cluster_state::ClusterState;
pub use dc_aware::DcAware;
pub use distance_evaluator::{DatacenterDistance, DistanceEvaluator, Evaluated};
pub use explanation::{ExplainedNode, Explanation, Reasons};
pub use host_filter::{Allow, Deny, Filtered, HostFilter, HostList};
pub use latency_aware::LatencyAware;
pub use least_in_flight::LeastInFlight;
pub use load_balancing::{Distance, LoadBalancing, Visit};
pub use plan::Plan;
pub use rack_aware::RackAware;
pub use read_write_split::ReadWriteSplit;
pub use round_robin::RoundRobin;
pub use routing::Routing;
pub use set_back::SetBack;
pub use slow_start::SlowStart;
pub use tags::Tags;
pub use token_aware::{ReplicaOrder, TokenAware};
pub use view::View;
pub use weighted_random::WeightedRandom;

use std::time::{Duration, Instant};

use super::ClusterState;
use crate::{Latency, NodeIndex};

/// How long it takes until a latency that is not measured any more counts half: a node that was slow is tried again,
/// one ten times slower than the others after three of these.
const HALF_LIFE: Duration = Duration::from_secs(5);

/// Latencies that differ by less than this factor are noise. Else a quiet cluster would send all to whoever is the
/// fastest by a hair, and slowness below it shows in the requests in flight anyway.
const NOISE: u64 = 2;

/// Latencies below this are all the same: what the client itself needs to be scheduled makes up much of them.
const LEAST: u64 = 1_000_000;

/// Which of two nodes is likely to answer sooner: by requests in flight, times latency where both are known and far
/// apart.
pub(super) fn less_busy(cluster: &dyn ClusterState, one: NodeIndex, two: NodeIndex) -> NodeIndex {
    let queue = |node| cluster.in_flight(node) as u64 + 1;
    let (mut first, mut second) = (queue(one), queue(two));
    if let (Some(of_one), Some(of_two)) = (cluster.latency(one), cluster.latency(two)) {
        let now = cluster.now();
        let (of_one, of_two) = (aged(of_one, now), aged(of_two, now));
        if of_one.max(of_two) / of_one.min(of_two) >= NOISE {
            first = first.saturating_mul(of_one);
            second = second.saturating_mul(of_two);
        }
    }
    if second < first { two } else { one }
}

/// A mean latency in nanoseconds, less the longer it has not been measured.
fn aged(latency: Latency, now: Option<Instant>) -> u64 {
    let silence = now.map_or(Duration::ZERO, |now| now.saturating_duration_since(latency.last));
    let half_lives = silence.as_secs() / HALF_LIFE.as_secs();
    let nanos = u64::try_from(latency.mean.as_nanos()).unwrap_or(u64::MAX);
    (nanos >> half_lives.min(63)).max(LEAST)
}

use std::time::{Duration, Instant};

use super::ClusterState;
use crate::{Latency, NodeIndex};

/// How long it takes until a latency that is not measured any more counts half: a node that was slow is tried again,
/// one ten times slower than the others after three of these.
const HALF_LIFE: Duration = Duration::from_secs(2);

/// Latencies that differ by less than this factor are noise. Else a quiet cluster would send all to whoever is the
/// fastest by a hair, and slowness below it shows in the requests in flight anyway.
const NOISE: u64 = 2;

/// Latencies below this are all the same: what the client itself needs to be scheduled makes up much of them.
const LEAST: u64 = 1_000_000;

/// The most that slowness counts. A slow node goes on getting a few requests where others have many in flight, by which
/// it is seen at once when it is fast again.
const SLOWEST: u64 = 16;

/// Fewer measurements say little: a node's first answers are its slowest.
const MINIMUM: u64 = 20;

/// Which of two nodes is likely to answer sooner: by requests in flight, times latency where both are known and far
/// apart.
pub(super) fn less_busy(cluster: &dyn ClusterState, one: NodeIndex, two: NodeIndex) -> NodeIndex {
    if let (Some(first), Some(second)) = (cluster.load(one), cluster.load(two)) {
        return if second < first { two } else { one };
    }
    let queue = |node| cluster.in_flight(node) as u64 + 1;
    let (mut first, mut second) = (queue(one), queue(two));
    let now = cluster.now();
    let latency = |node| cluster.latency(node).and_then(|latency| latency.aged(now));
    if let (Some(of_one), Some(of_two)) = (latency(one), latency(two))
        && of_one.max(of_two) / of_one.min(of_two) >= NOISE
    {
        first = first.saturating_mul(of_one);
        second = second.saturating_mul(of_two);
    }
    if second < first { two } else { one }
}

impl Latency {
    /// The one of the node that answers soonest, of those that are known well enough.
    pub fn fastest(latencies: impl IntoIterator<Item = Self>, now: Instant) -> Option<Self> {
        let known = |latency: Self| Some((latency.aged(Some(now))?, latency));
        let fastest = latencies.into_iter().filter_map(known).min_by_key(|(nanos, _)| *nanos);
        fastest.map(|(_, latency)| latency)
    }

    /// How many times longer a node's answers take than those of the node with the latency `best`; 1 where they take as
    /// long, as far as can be told at `now`, and 16 at most. For [`ClusterState::load`], where it is worked out ahead.
    pub fn slowness(&self, best: &Self, now: Instant) -> u32 {
        match (self.aged(Some(now)), best.aged(Some(now))) {
            (Some(of_node), Some(of_best)) if of_node / of_best >= NOISE => {
                // It is 16 at most.
                (of_node / of_best).min(SLOWEST) as u32
            }
            _ => 1,
        }
    }

    /// The mean in nanoseconds, less the longer it has not been measured; `None` where it says little.
    fn aged(&self, now: Option<Instant>) -> Option<u64> {
        let silence = now.map_or(Duration::ZERO, |now| now.saturating_duration_since(self.last));
        let half_lives = silence.as_secs() / HALF_LIFE.as_secs();
        let nanos = u64::try_from(self.mean.as_nanos()).unwrap_or(u64::MAX);
        (self.measurements >= MINIMUM).then(|| (nanos >> half_lives.min(63)).max(LEAST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slowness_is_told_in_times_the_fastest() {
        let now = Instant::now();
        let after = |millis, measurements| Latency {
            mean: Duration::from_millis(millis),
            measurements,
            last: now,
        };
        let best = Latency::fastest([after(20, 100), after(2, 100), after(1, 5)], now).unwrap();
        assert_eq!(after(20, 100).slowness(&best, now), 10);
        assert_eq!(after(3, 100).slowness(&best, now), 1, "noise");
        assert_eq!(after(3000, 100).slowness(&best, now), 16);
        assert_eq!(after(20, 5).slowness(&best, now), 1, "too few measurements");
        assert_eq!(after(20, 100).slowness(&best, now + 4 * HALF_LIFE), 1, "long ago");
    }
}

use std::ops::ControlFlow;

use smallvec::SmallVec;

use super::load::less_busy;
use super::visit::rotation;
use super::{ClusterState, Distance, LoadBalancing, Reasons, Routing, Visit};
use crate::random::{below, draw};
use crate::{Node, NodeIndex};

/// Local replicas that are taken down without an allocation.
const INLINE_REPLICAS: usize = 8;

/// In which order local replicas are asked. Linearizable requests always go in the ring's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReplicaOrder {
    /// They take turns to be the first, and the others follow in random order.
    #[default]
    Shuffled,
    /// The less busy of two picked at random, again and again: who has fewer requests in flight, times its latency
    /// where that is known.
    LeastBusy,
    /// The token's owner first, for caches that hold a partition on one node only. A hot partition is a hot node.
    Ring,
}

/// Asks the replicas of a request's token first, then follows another policy.
///
/// Only replicas that the session's policy calls local come first. Conditional statements and serial reads all go to
/// the same one.
#[derive(Debug, Clone)]
pub struct TokenAware<P> {
    child: P,
    order: ReplicaOrder,
}

impl<P: LoadBalancing> TokenAware<P> {
    /// Replicas first, shuffled, then `child`.
    pub fn new(child: P) -> Self {
        Self { child, order: ReplicaOrder::default() }
    }

    /// In which order replicas are asked. Default [`ReplicaOrder::Shuffled`].
    #[must_use]
    pub fn with_order(mut self, order: ReplicaOrder) -> Self {
        self.order = order;
        self
    }

    fn order(&self, routing: &Routing<'_>) -> ReplicaOrder {
        if routing.is_linearizable() { ReplicaOrder::Ring } else { self.order }
    }

    /// Visits replicas of the same rank; puts each in its place only when its turn comes.
    fn visit_equals(
        &self,
        equals: &mut [(u8, NodeIndex)],
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let order = self.order(routing);
        for place in 0..equals.len() {
            let left = &mut equals[place..];
            let random = || draw(routing.seed, place as u64);
            let chosen = match order {
                ReplicaOrder::Ring => 0,
                ReplicaOrder::Shuffled if place == 0 => rotation(routing.seed, left.len()),
                ReplicaOrder::Shuffled => below(random(), left.len()),
                ReplicaOrder::LeastBusy => one_of_two(left, random(), cluster),
            };
            left.swap(0, chosen);
            visit(left[0].1)?;
        }
        ControlFlow::Continue(())
    }
}

/// The less busy of two different nodes picked at random.
fn one_of_two(among: &[(u8, NodeIndex)], random: u64, cluster: &dyn ClusterState) -> usize {
    if among.len() < 2 {
        return 0;
    }
    let one = below(random, among.len());
    let step = 1 + below(random.rotate_left(32), among.len() - 1);
    let two = (one + step) % among.len();
    match less_busy(cluster, among[one].1, among[two].1) {
        node if node == among[two].1 => two,
        _ => one,
    }
}

impl<P: LoadBalancing> LoadBalancing for TokenAware<P> {
    fn distance(&self, node: &Node) -> Distance {
        self.child.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let replicas = routing.replicas();
        if !replicas.is_empty() {
            let topology = cluster.topology();
            let mut local = SmallVec::<[(u8, NodeIndex); INLINE_REPLICAS]>::new();
            for index in replicas {
                if cluster.is_up(*index) && cluster.distance(*index) == Distance::Local {
                    let node = topology.node(*index);
                    let rank = node.and_then(|node| self.child.rank(node, routing));
                    local.extend(rank.map(|rank| (rank, *index)));
                }
            }
            local.sort_by_key(|(rank, _)| *rank);
            for equals in local.chunk_by_mut(|(one, _), (other, _)| one == other) {
                self.visit_equals(equals, routing, cluster, visit)?;
            }
        }
        self.child.visit(routing, cluster, visit)
    }

    fn rank(&self, node: &Node, routing: &Routing<'_>) -> Option<u8> {
        self.child.rank(node, routing)
    }

    fn explain(
        &self,
        node: &Node,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        self.child.explain(node, routing, cluster, reasons);
        let replicas = routing.replicas();
        if let Some(place) = replicas.iter().position(|replica| *replica == node.index) {
            reasons.add(format_args!("replica {} of {}", place + 1, replicas.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::{Consistency, Token};

    use std::time::Duration;

    use super::super::simulated::{Simulated, routing};
    use super::super::{DcAware, RoundRobin};
    use super::*;
    use crate::ReplicationStrategy;

    #[test]
    fn replicas_come_first_and_take_turns() {
        let cluster = Simulated::new(&["dc1", "dc1", "dc1", "dc1"]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let policy = TokenAware::new(RoundRobin);
        let to =
            |seed| Routing { token: Some(Token(150)), replicas: Some(&table), ..routing(seed) };
        assert_eq!(cluster.plan(&policy, &to(0)), [2, 3, 0, 1]);
        assert_eq!(cluster.plan(&policy, &to(1)), [3, 2, 1, 0]);
        let conditional = Routing { is_conditional: true, ..to(1) };
        assert_eq!(cluster.plan(&policy, &conditional), [2, 3, 1, 0]);
    }

    #[test]
    fn linearizable_requests_go_to_the_first_replica() {
        let cluster = Simulated::new(&["dc1"; 4]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 3 });
        let to = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        for order in [ReplicaOrder::Shuffled, ReplicaOrder::LeastBusy, ReplicaOrder::Ring] {
            let policy = TokenAware::new(RoundRobin).with_order(order);
            let conditional = Routing { is_conditional: true, ..to };
            assert_eq!(cluster.firsts(&policy, &conditional), [0, 1000, 0, 0]);
            let serial = Routing { consistency: Consistency::Serial, ..to };
            assert_eq!(cluster.firsts(&policy, &serial), [0, 1000, 0, 0]);
        }
        let ring = TokenAware::new(RoundRobin).with_order(ReplicaOrder::Ring);
        assert_eq!(cluster.plan(&ring, &to), [1, 2, 3, 0]);
    }

    #[test]
    fn shuffled_replicas_share_firsts_and_the_load_of_the_one_that_is_down() {
        let mut cluster = Simulated::new(&["dc1"; 4]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 3 });
        let to = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        let policy = TokenAware::new(RoundRobin);
        assert_eq!(cluster.firsts(&policy, &to), [0, 334, 333, 333]);
        cluster.down = vec![2];
        assert_eq!(cluster.firsts(&policy, &to), [0, 500, 0, 500]);
    }

    #[test]
    fn the_least_busy_replicas_come_first() {
        let mut cluster = Simulated::new(&["dc1"; 4]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 3 });
        let to = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        let policy = TokenAware::new(RoundRobin).with_order(ReplicaOrder::LeastBusy);
        cluster.in_flight = vec![0, 5, 5, 6];
        let firsts = cluster.firsts(&policy, &to);
        assert!(firsts[0] == 0 && firsts[3] == 0, "{firsts:?}");
        assert!(firsts[1].abs_diff(firsts[2]) < 100, "{firsts:?}");
        let millis = |millis| Some((Duration::from_millis(millis), Duration::ZERO));
        cluster.latencies = vec![None, millis(20), millis(2), millis(2)];
        assert_eq!(cluster.firsts(&policy, &to)[1], 0);
        let micros = |micros| Some((Duration::from_micros(micros), Duration::ZERO));
        cluster.latencies = vec![None, micros(900), micros(100), micros(100)];
        assert!(cluster.firsts(&policy, &to)[1] > 400, "less than a millisecond is noise");
    }

    #[test]
    fn a_slow_replica_is_tried_again_after_a_while() {
        let mut cluster = Simulated::new(&["dc1"; 2]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let to = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        let policy = TokenAware::new(RoundRobin).with_order(ReplicaOrder::LeastBusy);
        let mut firsts = |silent| {
            let slow = (Duration::from_millis(20), Duration::from_secs(silent));
            cluster.latencies = vec![Some(slow), Some((Duration::from_millis(2), Duration::ZERO))];
            cluster.firsts(&policy, &to)
        };
        assert_eq!(firsts(5), [0, 1000]);
        let again = firsts(6);
        assert!(again[0].abs_diff(500) < 60, "{again:?}");
    }

    #[test]
    fn a_remote_replica_does_not_come_before_local_nodes() {
        let cluster = Simulated::new(&["dc1", "dc2", "dc1"]);
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let policy = TokenAware::new(DcAware::new("dc1").with_remote_hosts(1));
        let routing = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        assert_eq!(cluster.plan(&policy, &routing), [2, 0, 1]);
    }

    #[test]
    fn a_replica_that_is_down_is_passed_over() {
        let mut cluster = Simulated::new(&["dc1", "dc1", "dc1"]);
        cluster.down = vec![1];
        let table = cluster.topology.replicas(&ReplicationStrategy::Simple { factor: 2 });
        let routing = Routing { token: Some(Token(50)), replicas: Some(&table), ..routing(0) };
        assert_eq!(cluster.plan(&TokenAware::new(RoundRobin), &routing), [2, 0]);
    }

    #[test]
    fn without_a_token_the_child_decides_alone() {
        let cluster = Simulated::new(&["dc1", "dc1"]);
        assert_eq!(cluster.plan(&TokenAware::new(RoundRobin), &routing(1)), [1, 0]);
    }
}

use std::ops::ControlFlow;

use super::{ClusterState, Explanation, LoadBalancing, Routing};
use crate::NodeIndex;

/// How many nodes a plan remembers without allocating.
const INLINE: usize = 4;

/// The nodes that a request was sent to, and by that the one that is next.
///
/// Each node comes once at most. A request that succeeds at its first node costs the policy one node.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    count: usize,
    first: [NodeIndex; INLINE],
    more: Vec<NodeIndex>,
}

impl Plan {
    /// The best node that this plan has not given yet; `None` when there is none left.
    #[inline]
    pub fn next(
        &mut self,
        policy: &dyn LoadBalancing,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
    ) -> Option<NodeIndex> {
        let mut next = None;
        let _ = policy.visit(routing, cluster, &mut |node| {
            if self.has_given(node) {
                return ControlFlow::Continue(());
            }
            next = Some(node);
            ControlFlow::Break(())
        });
        if let Some(node) = next {
            self.remember(node);
        }
        next
    }

    /// Counts a node as given that was come to in another way.
    pub fn give(&mut self, node: NodeIndex) {
        if !self.has_given(node) {
            self.remember(node);
        }
    }

    /// Lets these nodes come again, which were given and could not be asked.
    pub fn take_back(&mut self, nodes: &[NodeIndex]) {
        let Self { count, first, more } = std::mem::take(self);
        let given = first.into_iter().take(count).chain(more);
        given.filter(|node| !nodes.contains(node)).for_each(|node| self.remember(node));
    }

    /// The whole plan of a request, with a reason for each node. Costs far more than the plan does.
    pub fn explain(
        policy: &dyn LoadBalancing,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
    ) -> Explanation {
        Explanation::new(policy, routing, cluster)
    }

    #[inline]
    fn has_given(&self, node: NodeIndex) -> bool {
        self.first[..self.count.min(INLINE)].contains(&node) || self.more.contains(&node)
    }

    #[inline]
    fn remember(&mut self, node: NodeIndex) {
        match self.first.get_mut(self.count) {
            Some(slot) => *slot = node,
            None => self.more.push(node),
        }
        self.count += 1;
    }
}

impl Default for NodeIndex {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RoundRobin;
    use crate::balancing::simulated::{Seen, Simulated};
    use helenus_protocol::Consistency;

    #[test]
    fn nodes_that_are_taken_back_come_again_and_the_others_do_not() {
        let cluster = Simulated::new(&["dc1"; 7]);
        let cluster = Seen { simulated: &cluster, policy: &RoundRobin };
        let routing = Routing::new(Consistency::One, 0);
        let mut plan = Plan::default();
        let next = |plan: &mut Plan| plan.next(&RoundRobin, &routing, &cluster);
        let given: Vec<_> = std::iter::from_fn(|| next(&mut plan)).collect();
        assert_eq!(given.len(), 7);
        let back = [given[1], given[5]];
        plan.take_back(&back);
        plan.give(given[5]);
        assert_eq!(next(&mut plan), Some(given[1]));
        assert_eq!(next(&mut plan), None);
    }
}

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

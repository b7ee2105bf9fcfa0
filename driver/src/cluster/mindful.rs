use std::ops::ControlFlow;
use std::time::Duration;

use helenus_policies::{
    ClusterState, Distance, LoadBalancing, Node, Reasons, Routing, SetBack, SlowStart, Visit,
};

/// Follows a policy, and is mindful of nodes that are suspected, unhealthy or just up as long as there are any.
#[derive(Debug)]
pub(super) struct Mindful<P> {
    usual: P,
    mindful: SetBack<SlowStart<P>>,
}

impl<P: LoadBalancing + Clone> Mindful<P> {
    /// `warm_up` is how long the share of a node rises that has come up.
    pub(super) fn new(usual: P, warm_up: Duration) -> Self {
        let warm_first = SlowStart::new(usual.clone()).with_window(warm_up);
        Self { usual, mindful: SetBack::new(warm_first) }
    }
}

impl<P: LoadBalancing> LoadBalancing for Mindful<P> {
    fn distance(&self, node: &Node) -> Distance {
        self.usual.distance(node)
    }

    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        match cluster.is_usual() {
            true => self.usual.visit(routing, cluster, visit),
            false => self.mindful.visit(routing, cluster, visit),
        }
    }

    fn rank(&self, node: &Node, routing: &Routing<'_>) -> Option<u8> {
        self.usual.rank(node, routing)
    }

    fn explain(
        &self,
        node: &Node,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        reasons: &mut Reasons,
    ) {
        self.mindful.explain(node, routing, cluster, reasons);
    }
}

use std::ops::ControlFlow;

use super::{ClusterState, LoadBalancing, Routing, Visit};
use crate::NodeIndex;
use crate::random::{below, draw};

/// How often a place is drawn anew when the node there is not up.
const DRAWS: u64 = 8;

/// Visits the nodes of `among` that are up, starting at the one that `seed` points to.
///
/// Where that one is down the start is drawn anew: going on from it would give its neighbour twice the load.
pub(super) fn in_turn<N>(
    among: &[N],
    index: impl Fn(&N) -> NodeIndex,
    seed: u64,
    cluster: &dyn ClusterState,
    visit: Visit<'_>,
) -> ControlFlow<()> {
    let is_up = |node: &N| cluster.is_up(index(node));
    let mut start = rotation(seed, among.len());
    for nth in 0..DRAWS {
        if among.get(start).is_none_or(is_up) {
            break;
        }
        start = below(draw(seed, nth), among.len());
    }
    let (before, from) = among.split_at(start);
    from.iter().chain(before).filter(|node| is_up(node)).map(&index).try_for_each(visit)
}

/// Which of so many has its turn.
pub(super) fn rotation(seed: u64, length: usize) -> usize {
    // The remainder is below `length`, so it fits.
    seed.checked_rem(length as u64).unwrap_or(0) as usize
}

/// Visits the nodes of a policy, those that are late after all others.
pub(super) fn late_last(
    policy: &impl LoadBalancing,
    routing: &Routing<'_>,
    cluster: &dyn ClusterState,
    is_late: impl Fn(NodeIndex) -> bool,
    visit: Visit<'_>,
) -> ControlFlow<()> {
    let mut has_late = false;
    policy.visit(routing, cluster, &mut |node| {
        if is_late(node) {
            has_late = true;
            return ControlFlow::Continue(());
        }
        visit(node)
    })?;
    // All of them again: who is late may have changed meanwhile, and no node may be lost by that.
    if has_late { policy.visit(routing, cluster, visit) } else { ControlFlow::Continue(()) }
}

/// The node that a policy would ask first.
pub(super) fn first(
    policy: &impl LoadBalancing,
    routing: &Routing<'_>,
    cluster: &dyn ClusterState,
) -> Option<NodeIndex> {
    let mut first = None;
    let _ = policy.visit(routing, cluster, &mut |node| {
        first = Some(node);
        ControlFlow::Break(())
    });
    first
}

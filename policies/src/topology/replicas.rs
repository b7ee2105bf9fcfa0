#[cfg(test)]
mod tests;

use helenus_protocol::Token;

use super::difference::Difference;
use super::rules::Rules;
use super::token_index::TokenIndex;
use super::walk::Walk;
use super::{NodeIndex, ReplicationStrategy, Topology};

/// Of how many tokens one may be new before it is quicker to begin anew.
const FEW: usize = 8;

/// For every part of the ring the nodes that hold copies of it, computed once for a strategy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplicaTable {
    ends: Vec<Token>,
    /// Leads from a token's highest bits to where it is looked for in `ends`.
    index: TokenIndex,
    /// Where the replicas of each part start in `replicas`; one more than there are parts.
    starts: Vec<u32>,
    replicas: Vec<NodeIndex>,
}

impl ReplicaTable {
    pub(super) fn new(topology: &Topology, strategy: &ReplicationStrategy) -> Self {
        match Walk::new(topology, strategy) {
            Some(mut walk) => {
                Self::with_parts(topology, |part, replicas| walk.replicas(part, replicas))
            }
            None => Self { starts: vec![0], ..Self::default() },
        }
    }

    /// The table of `now`, made from this one, which is that of `before`: only parts that a change may concern are
    /// walked.
    pub(super) fn next(
        &self,
        before: &Topology,
        now: &Topology,
        strategy: &ReplicationStrategy,
    ) -> Self {
        let Some(mut walk) = Walk::new(now, strategy) else { return Self::new(now, strategy) };
        let Difference { indices, origins, changes } = Difference::new(before, now);
        let has_new_rules = Rules::new(before, strategy) != Rules::new(now, strategy);
        if has_new_rules || changes.len() > now.ring().len() / FEW {
            return Self::new(now, strategy);
        }
        let mut is_stale: Vec<bool> = origins.iter().map(Option::is_none).collect();
        for change in changes {
            walk.passing(change.place, change.datacenter, |from, to| match from <= to {
                true => is_stale[from..=to].fill(true),
                false => {
                    is_stale[from..].fill(true);
                    is_stale[..=to].fill(true);
                }
            });
        }
        Self::with_parts(now, |part, replicas| {
            let origin = origins[part].filter(|_| !is_stale[part]);
            let kept = origin.map(|origin| self.of_part(origin as usize));
            let is_kept = kept.is_some_and(|kept| {
                let first = replicas.len();
                replicas.extend(kept.iter().filter_map(|node| indices[node.get()]));
                let is_whole = replicas.len() - first == kept.len();
                replicas.truncate(if is_whole { replicas.len() } else { first });
                is_whole
            });
            if !is_kept {
                walk.replicas(part, replicas);
            }
        })
    }

    fn with_parts(
        topology: &Topology,
        mut add_replicas: impl FnMut(usize, &mut Vec<NodeIndex>),
    ) -> Self {
        let parts = topology.ring().len();
        let mut replicas = Vec::new();
        let mut starts = Vec::with_capacity(parts + 1);
        starts.push(0);
        for part in 0..parts {
            add_replicas(part, &mut replicas);
            starts.push(u32::try_from(replicas.len()).unwrap_or(u32::MAX));
        }
        let ends: Vec<_> = topology.ring().iter().map(|(end, _)| *end).collect();
        let index = TokenIndex::new(&ends);
        Self { ends, index, starts, replicas }
    }

    /// The nodes that hold copies of a token, the first owner first; none where no token decides.
    #[inline]
    pub fn replicas(&self, token: Token) -> &[NodeIndex] {
        if self.ends.is_empty() {
            return &[];
        }
        // A part ends with its token; what lies behind the last one belongs to the first.
        let part = self.index.find(&self.ends, token) % self.ends.len();
        self.of_part(part)
    }

    #[inline]
    fn of_part(&self, part: usize) -> &[NodeIndex] {
        &self.replicas[self.starts[part] as usize..self.starts[part + 1] as usize]
    }
}

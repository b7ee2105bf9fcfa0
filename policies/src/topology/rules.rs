use super::{ReplicationStrategy, Topology};

/// How many copies there are among which nodes. While it stays the same, only tokens decide where copies go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rules {
    ForAll(Rule),
    ByDatacenter(Vec<(String, Rule)>),
}

/// How many copies a group of nodes holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) copies: usize,
    /// How many of them may share a rack with another: no more than there are racks too few.
    pub(super) repeats: usize,
}

impl Rules {
    /// `None` for a strategy that no token decides.
    pub(super) fn new(topology: &Topology, strategy: &ReplicationStrategy) -> Option<Self> {
        match strategy {
            ReplicationStrategy::Simple { factor } => {
                let copies = (*factor).min(topology.nodes().len());
                Some(Self::ForAll(Rule { copies, repeats: 0 }))
            }
            ReplicationStrategy::NetworkTopology { factors } => {
                let rule = |(name, factor): (&String, &usize)| {
                    let copies = (*factor).min(topology.datacenter(name).len());
                    let repeats = factor.saturating_sub(topology.rack_count(name));
                    (name.clone(), Rule { copies, repeats })
                };
                Some(Self::ByDatacenter(factors.iter().map(rule).collect()))
            }
            ReplicationStrategy::Other { .. } => None,
        }
    }
}

//! How many replicas a keyspace has, and where.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// Every node has its own.
    Local,
    /// This many, wherever they are.
    Simple(usize),
    /// So many in each data center.
    NetworkTopology(BTreeMap<String, usize>),
}

impl Strategy {
    /// Replicas in all.
    pub(super) fn factor(&self) -> usize {
        match self {
            Self::Local => 1,
            Self::Simple(factor) => *factor,
            Self::NetworkTopology(factors) => factors.values().sum(),
        }
    }

    /// Replicas that count where only those of a data center do.
    pub(super) fn factor_in(&self, datacenter: &str) -> usize {
        match self {
            Self::Local | Self::Simple(_) => self.factor(),
            Self::NetworkTopology(factors) => factors.get(datacenter).copied().unwrap_or(0),
        }
    }
}

//! Whether enough replicas are up for a consistency level.

use helenus_protocol::{Consistency, Token};

use super::{Placement, Requirement, Strategy};
use crate::query_error::QueryError;

/// The cluster as one coordinator sees it.
#[derive(Clone, Copy)]
pub(crate) struct Availability<'a> {
    pub(crate) placement: &'a Placement,
    /// The coordinator's data center.
    pub(crate) datacenter: &'a str,
    pub(crate) is_up: &'a dyn Fn(usize) -> bool,
}

impl<'a> Availability<'a> {
    /// Checks what can be told without a token while all nodes are up; `None` if it takes the token.
    pub(crate) fn check_while_all_are_up(
        &self,
        strategy: &Strategy,
        level: Consistency,
    ) -> Option<Result<(), QueryError>> {
        let placement = self.placement;
        let live = |datacenter: Option<&str>| match (strategy, datacenter) {
            (Strategy::NetworkTopology(factors), None) => {
                factors.iter().map(|(name, factor)| *factor.min(&placement.size_of(name))).sum()
            }
            (Strategy::NetworkTopology(factors), Some(name)) => {
                factors.get(name).map_or(0, |factor| *factor.min(&placement.size_of(name)))
            }
            _ => strategy.factor().min(placement.size()),
        };
        match strategy {
            Strategy::Local => Some(Ok(())),
            Strategy::Simple(_) if level.is_local() && !placement.has_one_datacenter() => None,
            _ => Some(self.check(strategy, level, live)),
        }
    }

    /// The replicas of `token` that are up, its owner first. They are enough for `level`.
    pub(crate) fn live_replicas(
        &self,
        token: Token,
        strategy: &Strategy,
        level: Consistency,
    ) -> Result<Vec<usize>, QueryError> {
        if *strategy == Strategy::Local {
            return Ok(Vec::new());
        }
        let mut replicas = self.placement.replicas(token, strategy);
        replicas.retain(|node| (self.is_up)(*node));
        let live = |datacenter: Option<&str>| {
            let is_there = |node: &&usize| {
                datacenter.is_none_or(|name| self.placement.datacenter(**node) == name)
            };
            replicas.iter().filter(is_there).count()
        };
        self.check(strategy, level, live)?;
        Ok(replicas)
    }

    /// Tokens that stand for all from `first` to `last`: those between two of the ring's have the replicas of the
    /// later one.
    pub(crate) fn tokens_for(
        &self,
        first: Token,
        last: Token,
    ) -> impl Iterator<Item = Token> + use<'a> {
        self.placement.tokens_within(first, last).chain([last])
    }

    fn check(
        &self,
        strategy: &Strategy,
        level: Consistency,
        live: impl Fn(Option<&str>) -> usize,
    ) -> Result<(), QueryError> {
        let requirement = Requirement::new(level, strategy, self.datacenter);
        match requirement.shortage(live) {
            None => Ok(()),
            Some((required, alive)) => {
                Err(QueryError::Unavailable { consistency: level, required, alive })
            }
        }
    }
}

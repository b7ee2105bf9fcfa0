//! Whether enough replicas are up for a consistency level.

use helenus_protocol::{Consistency, Token};

use super::{Placement, Strategy};
use crate::query_error::QueryError;

/// The cluster as one coordinator sees it.
#[derive(Clone, Copy)]
pub(crate) struct Availability<'a> {
    pub(crate) placement: &'a Placement,
    /// The coordinator's data center.
    pub(crate) datacenter: &'a str,
    pub(crate) is_up: &'a dyn Fn(usize) -> bool,
}

/// Counts live replicas, in a data center or in all.
type Live<'a> = &'a dyn Fn(Option<&str>) -> usize;

impl Availability<'_> {
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
            _ => Some(self.check(strategy, level, &live)),
        }
    }

    /// Checks that the replicas of `token` that are up are enough.
    pub(crate) fn check_token(
        &self,
        token: Token,
        strategy: &Strategy,
        level: Consistency,
    ) -> Result<(), QueryError> {
        if *strategy == Strategy::Local {
            return Ok(());
        }
        let mut replicas = self.placement.replicas(token, strategy);
        replicas.retain(|node| (self.is_up)(*node));
        let live = |datacenter: Option<&str>| {
            let is_there = |node: &&usize| {
                datacenter.is_none_or(|name| self.placement.datacenter(**node) == name)
            };
            replicas.iter().filter(is_there).count()
        };
        self.check(strategy, level, &live)
    }

    /// Checks that it is so for every token from `first` to `last`.
    pub(crate) fn check_range(
        &self,
        first: Token,
        last: Token,
        strategy: &Strategy,
        level: Consistency,
    ) -> Result<(), QueryError> {
        // Tokens between two of the ring's have the replicas of the later one.
        for token in self.placement.tokens_within(first, last).chain([last]) {
            self.check_token(token, strategy, level)?;
        }
        Ok(())
    }

    fn check(
        &self,
        strategy: &Strategy,
        level: Consistency,
        live: Live<'_>,
    ) -> Result<(), QueryError> {
        let local = strategy.factor_in(self.datacenter);
        let (required, alive) = match level {
            Consistency::Any => return Ok(()),
            Consistency::One => (1, live(None)),
            Consistency::Two => (2, live(None)),
            Consistency::Three => (3, live(None)),
            Consistency::Quorum | Consistency::Serial => (quorum(strategy.factor()), live(None)),
            Consistency::All => (strategy.factor(), live(None)),
            Consistency::LocalOne => (1, live(Some(self.datacenter))),
            Consistency::LocalQuorum | Consistency::LocalSerial => {
                (quorum(local), live(Some(self.datacenter)))
            }
            Consistency::EachQuorum => match strategy {
                Strategy::NetworkTopology(factors) => {
                    let each = factors.iter();
                    let each = each.map(|(name, factor)| (quorum(*factor), live(Some(name))));
                    each.into_iter().find(|(required, alive)| alive < required).unwrap_or_default()
                }
                _ => (quorum(strategy.factor()), live(None)),
            },
        };
        if alive < required {
            return Err(QueryError::Unavailable { consistency: level, required, alive });
        }
        Ok(())
    }
}

fn quorum(factor: usize) -> usize {
    factor / 2 + 1
}

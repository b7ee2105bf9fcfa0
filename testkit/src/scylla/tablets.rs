//! Tables that are divided into tablets.

use std::num::NonZeroU16;

use helenus_protocol::{Tablet, Token};
use uuid::Uuid;

use crate::cluster::Topology;
use crate::replica::Strategy;

/// How every table is divided: evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tablets {
    count: u32,
    shards: NonZeroU16,
}

impl Tablets {
    pub(super) fn new(count: u32, shards: NonZeroU16) -> Self {
        Self { count, shards }
    }

    /// Whether the tables of keyspaces with this strategy have any.
    pub(crate) fn are_for(strategy: &Strategy) -> bool {
        matches!(strategy, Strategy::NetworkTopology(_))
    }

    pub(super) fn count(self) -> u32 {
        self.count
    }

    /// The last tokens of the tablets from that of `first` to that of `last`.
    pub(crate) fn last_tokens(self, first: Token, last: Token) -> impl Iterator<Item = Token> {
        (self.index(first)..=self.index(last)).map(move |index| self.last(index))
    }

    /// The tablet of a token, and who holds it.
    pub(crate) fn tablet(self, token: Token, strategy: &Strategy, topology: &Topology) -> Tablet {
        let index = self.index(token);
        let last = self.last(index);
        let nodes = topology.placement.replicas(last, strategy).into_iter();
        let replica = |node: usize| {
            let member = topology.members.get(node)?;
            Some((member.host_id, self.shard(index, node)))
        };
        let replicas: Vec<(Uuid, u16)> = nodes.filter_map(replica).collect();
        let first = index.checked_sub(1).map_or(Token(i64::MIN), |before| self.last(before));
        Tablet { first, last, replicas }
    }

    fn index(self, token: Token) -> u32 {
        let place = u128::from(token.0.cast_unsigned() ^ (1 << 63));
        // Below the count, as the place is below 2^64.
        u32::try_from((place * u128::from(self.count)) >> 64).unwrap_or(0)
    }

    fn last(self, index: u32) -> Token {
        let end = ((u128::from(index) + 1) << 64).div_ceil(u128::from(self.count));
        // The end of the last is 2^64, the others' are lower.
        let place = u64::try_from(end - 1).unwrap_or(u64::MAX);
        Token((place ^ (1 << 63)).cast_signed())
    }

    /// Neighbouring tablets are on different shards, and so is one tablet on different nodes.
    fn shard(self, index: u32, node: usize) -> u16 {
        let shards = u64::from(self.shards.get());
        let sum = u64::from(index) + u64::try_from(node).unwrap_or(0);
        u16::try_from(sum % shards).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tablets(count: u32) -> Tablets {
        Tablets::new(count, NonZeroU16::MIN)
    }

    #[test]
    fn the_ring_is_divided_evenly() {
        let lasts: Vec<_> = tablets(4).last_tokens(Token(i64::MIN), Token(i64::MAX)).collect();
        assert_eq!(lasts, [-(1 << 62) - 1, -1, (1 << 62) - 1, i64::MAX].map(Token));
        let some: Vec<_> = tablets(4).last_tokens(Token(-5), Token(0)).collect();
        assert_eq!(some, [-1, (1 << 62) - 1].map(Token));
    }

    proptest! {
        #[test]
        fn every_token_is_in_the_one_tablet_that_ends_behind_it(token: i64, count in 1..=u32::MAX) {
            let tablets = tablets(count);
            let index = tablets.index(Token(token));
            prop_assert!(index < count && Token(token) <= tablets.last(index));
            prop_assert!(index == 0 || tablets.last(index - 1) < Token(token));
        }
    }
}

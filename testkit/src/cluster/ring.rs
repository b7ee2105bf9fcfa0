//! Which tokens each node owns.

use std::collections::HashSet;

use helenus_protocol::Token;

use crate::split_mix::SplitMix;

/// How far the tokens of one data center are from those of the next where they are balanced, as ccm has it.
const BETWEEN_DATACENTERS: usize = 100;

/// Draws tokens: pseudo-random, but the same for the same seed, and no two alike.
#[derive(Debug)]
pub(super) struct Ring {
    random: SplitMix,
    taken: HashSet<Token>,
    tokens_per_node: usize,
}

impl Ring {
    pub(super) fn new(tokens_per_node: usize, seed: u64) -> Self {
        Self { random: SplitMix::new(seed), taken: HashSet::new(), tokens_per_node }
    }

    /// The tokens of one more node, in order.
    pub(super) fn draw(&mut self) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(self.tokens_per_node);
        while tokens.len() < self.tokens_per_node {
            let token = Token(self.random.next().cast_signed());
            if self.take(token) {
                tokens.push(token);
            }
        }
        tokens.sort_unstable();
        tokens
    }

    /// One token for each node of data centers of these sizes, as far from the others of its data center as can be.
    pub(super) fn balance(&mut self, sizes: impl IntoIterator<Item = usize>) -> Vec<Vec<Token>> {
        let datacenters = (0..).step_by(BETWEEN_DATACENTERS).zip(sizes);
        let tokens = datacenters.flat_map(|(shift, nodes)| {
            let distance = (1_u128 << u64::BITS) / nodes.max(1) as u128;
            (0..nodes).map(move |node| {
                let place = distance * node as u128 + shift;
                Token(i64::MIN.wrapping_add_unsigned(place as u64))
            })
        });
        let tokens: Vec<_> = tokens.collect();
        self.taken.extend(&tokens);
        tokens.into_iter().map(|token| vec![token]).collect()
    }

    /// Gives a token away; `false` if it is no place on the ring, as the minimum is, or somebody has it.
    pub(super) fn take(&mut self, token: Token) -> bool {
        token.0 != i64::MIN && self.taken.insert(token)
    }

    pub(super) fn give_back(&mut self, tokens: &[Token]) {
        for token in tokens {
            self.taken.remove(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(seed: u64) -> Vec<Token> {
        let mut ring = Ring::new(16, seed);
        (0..5).flat_map(|_| ring.draw()).collect()
    }

    #[test]
    fn tokens_are_distinct_and_the_same_for_the_same_seed() {
        assert_eq!(tokens(7).iter().collect::<HashSet<_>>().len(), 80);
        assert_eq!(tokens(7), tokens(7));
        assert_ne!(tokens(7), tokens(8));
    }

    #[test]
    fn balanced_tokens_are_as_far_from_each_other_as_can_be_and_nobody_else_s() {
        let mut ring = Ring::new(1, 0);
        let tokens = ring.balance([3, 2]).concat();
        let shown: Vec<_> = tokens.iter().map(|token| token.0).collect();
        assert_eq!(
            shown,
            [i64::MIN, -3_074_457_345_618_258_603, 3_074_457_345_618_258_602, i64::MIN + 100, 100]
        );
        assert!(tokens.iter().all(|token| !ring.take(*token)));
    }

    #[test]
    fn a_token_is_free_again_once_it_is_given_back() {
        let mut ring = Ring::new(1, 0);
        let tokens = ring.draw();
        assert!(!ring.take(tokens[0]) && !ring.take(Token(i64::MIN)));
        ring.give_back(&tokens);
        assert!(ring.take(tokens[0]));
    }
}

//! Which tokens each node owns.

use std::collections::HashSet;

use helenus_protocol::Token;

use crate::split_mix::SplitMix;

/// Gives each of `nodes` as many tokens, pseudo-random but the same for the same seed, and no two alike.
pub(super) fn assign_tokens(nodes: usize, tokens_per_node: usize, seed: u64) -> Vec<Vec<Token>> {
    let mut random = SplitMix::new(seed);
    let mut taken = HashSet::with_capacity(nodes * tokens_per_node);
    let mut next = || loop {
        let token = random.next().cast_signed();
        // The minimum is no place on the ring.
        if token != i64::MIN && taken.insert(token) {
            return Token(token);
        }
    };
    (0..nodes)
        .map(|_| {
            let mut tokens: Vec<_> = (0..tokens_per_node).map(|_| next()).collect();
            tokens.sort_unstable();
            tokens
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_distinct_and_the_same_for_the_same_seed() {
        let tokens = assign_tokens(5, 16, 7);
        let all: HashSet<_> = tokens.iter().flatten().collect();
        assert_eq!(all.len(), 80);
        assert_eq!(tokens, assign_tokens(5, 16, 7));
        assert_ne!(tokens, assign_tokens(5, 16, 8));
    }
}

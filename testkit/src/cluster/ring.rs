//! Which tokens each node owns.

use std::collections::HashSet;

use helenus_protocol::Token;

/// Gives each of `nodes` as many tokens, pseudo-random but the same for the same seed, and no two alike.
pub(super) fn assign_tokens(nodes: usize, tokens_per_node: usize, seed: u64) -> Vec<Vec<Token>> {
    let mut state = seed;
    let mut taken = HashSet::with_capacity(nodes * tokens_per_node);
    let mut next = || loop {
        let token = split_mix(&mut state).cast_signed();
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

/// Sebastiano Vigna's SplitMix64.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
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

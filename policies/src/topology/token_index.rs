use helenus_protocol::Token;

/// Where in a sorted list tokens lie that share their highest bits.
///
/// Tokens are hashes, so they spread evenly: with as many buckets as tokens, a bucket holds one or two, and finding one
/// takes as long in a large list as in a small one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TokenIndex {
    /// For each bucket the first token that is not before it; one more than there are buckets.
    first: Vec<u32>,
    /// The highest bits that make a bucket, 1 to 31.
    bits: u32,
}

impl TokenIndex {
    /// An index of `tokens`, which are sorted.
    pub(super) fn new(tokens: &[Token]) -> Self {
        let bits = tokens.len().next_power_of_two().trailing_zeros().clamp(1, 31);
        let mut first = Vec::with_capacity((1 << bits) + 1);
        let mut index = 0;
        for bucket in 0..=1_u64 << bits {
            while tokens.get(index).is_some_and(|token| bucket_of(*token, bits) < bucket) {
                index += 1;
            }
            first.push(u32::try_from(index).unwrap_or(u32::MAX));
        }
        Self { first, bits }
    }

    /// The index of the first of `tokens` that is not before `token`.
    #[inline]
    pub(super) fn find(&self, tokens: &[Token], token: Token) -> usize {
        // There are 2^31 buckets at most.
        let bucket = bucket_of(token, self.bits) as usize;
        let (from, to) = (self.first[bucket] as usize, self.first[bucket + 1] as usize);
        from + tokens[from..to].partition_point(|other| *other < token)
    }
}

#[inline]
fn bucket_of(token: Token, bits: u32) -> u64 {
    // The lowest token becomes 0, and the order stays.
    (token.0.cast_unsigned() ^ (1 << 63)) >> (64 - bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_a_search_of_the_whole_list_finds(
            mut tokens in proptest::collection::vec(any::<i64>().prop_map(Token), 1..300),
            narrow in 0..60_u32,
            wanted in proptest::collection::vec(any::<i64>(), 50),
        ) {
            tokens.iter_mut().for_each(|token| token.0 >>= narrow);
            tokens.sort_unstable();
            let index = TokenIndex::new(&tokens);
            let near = tokens.iter().flat_map(|token| {
                [token.0.saturating_sub(1), token.0, token.0.saturating_add(1)]
            });
            for token in wanted.into_iter().chain(near).chain([i64::MIN, i64::MAX]).map(Token) {
                let found = index.find(&tokens, token);
                prop_assert_eq!(found, tokens.partition_point(|other| *other < token));
            }
        }
    }
}

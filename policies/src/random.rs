/// The `nth` of the numbers that a seed stands for (SplitMix64): as good as random, and the same each time.
pub(crate) fn draw(seed: u64, nth: u64) -> u64 {
    let mut mixed = seed.wrapping_add(nth.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A random number as one below `bound`, each as likely as any other; 0 where `bound` is 0.
pub(crate) fn below(random: u64, bound: usize) -> usize {
    ((u128::from(random) * bound as u128) >> 64) as usize
}

/// A random number as one in `0.0..1.0`.
pub(crate) fn unit(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly_and_repeat_themselves() {
        let mut counts = [0_u32; 7];
        for nth in 0..70_000 {
            counts[below(draw(3, nth), 7)] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!(draw(5, 8), draw(5, 8));
        assert_ne!(draw(5, 8), draw(6, 8));
    }

    #[test]
    fn bounds_hold_at_both_ends() {
        assert_eq!((below(0, 3), below(u64::MAX, 3), below(u64::MAX, 0)), (0, 2, 0));
        assert!(unit(0) == 0.0 && unit(u64::MAX) < 1.0);
    }
}

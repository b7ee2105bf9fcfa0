/// A random number from the standard library's per-process keys: good enough for jitter.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// A place on the ring, as Cassandra's `Murmur3Partitioner` computes it from a partition key.
///
/// ```
/// use helenus_protocol::Token;
///
/// assert_eq!(Token::of_key(b"hello"), Token(-3_758_069_500_696_749_310));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub i64);

impl Token {
    /// The token of a routing key: a single column's bytes as they are, or a composite as
    /// [`TokenBuilder`] writes it.
    #[inline]
    pub fn of_key(key: &[u8]) -> Self {
        // The minimum stands for "no token" on the ring, so Cassandra moves it to the maximum.
        match murmur3_x64_128(key) {
            i64::MIN => Self(i64::MAX),
            hash => Self(hash),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Token {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// Collects the components of a partition key, in the key's order.
///
/// A single component hashes as it is; of several, each stands behind a 16-bit length and before a zero byte.
#[derive(Debug, Clone, Default)]
pub struct TokenBuilder {
    key: Vec<u8>,
    components: usize,
}

impl TokenBuilder {
    /// No component yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts again, keeping the memory.
    pub fn clear(&mut self) {
        self.key.clear();
        self.components = 0;
    }

    /// Adds a component. Cassandra allows 65,535 bytes at most; what is longer cannot be a key.
    pub fn push(&mut self, component: &[u8]) {
        let length = u16::try_from(component.len()).unwrap_or(u16::MAX);
        self.key.extend_from_slice(&length.to_be_bytes());
        self.key.extend_from_slice(component);
        self.key.push(0);
        self.components += 1;
    }

    /// The token; `None` without components.
    pub fn token(&self) -> Option<Token> {
        match self.components {
            0 => None,
            1 => Some(Token::of_key(&self.key[2..self.key.len() - 1])),
            _ => Some(Token::of_key(&self.key)),
        }
    }
}

const C1: i64 = 0x87c3_7b91_1142_53d5_u64.cast_signed();
const C2: i64 = 0x4cf5_ad43_2745_937f;

/// The first half of Murmur3 x64 128 with Cassandra's departure from it: the tail's bytes are sign-extended.
#[inline]
fn murmur3_x64_128(key: &[u8]) -> i64 {
    let mut h1 = 0_i64;
    let mut h2 = 0_i64;
    let (blocks, tail) = key.as_chunks::<16>();
    for block in blocks {
        let (low, high) = block.split_at(8);
        h1 ^= mix_k1(little_endian(low));
        h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= mix_k2(little_endian(high));
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let (low, high) = tail.split_at(tail.len().min(8));
    if !high.is_empty() {
        h2 ^= mix_k2(sign_extended(high));
    }
    if !low.is_empty() {
        h1 ^= mix_k1(sign_extended(low));
    }
    let length = key.len() as u64;
    h1 ^= length.cast_signed();
    h2 ^= length.cast_signed();
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = finalize(h1);
    h2 = finalize(h2);
    h1.wrapping_add(h2)
}

#[inline]
fn mix_k1(k: i64) -> i64 {
    k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

#[inline]
fn mix_k2(k: i64) -> i64 {
    k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

/// Up to eight bytes as a little-endian number.
#[inline]
fn little_endian(bytes: &[u8]) -> i64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(word)
}

/// Up to eight bytes, each widened with its sign before they are put together: a byte from 0x80 on turns all those
/// above it over.
#[inline]
fn sign_extended(bytes: &[u8]) -> i64 {
    let word = little_endian(bytes).cast_unsigned();
    let mut odd = (word >> 7) & 0x0101_0101_0101_0101;
    // Each byte becomes the parity of the sign bits at and below it.
    odd ^= odd << 8;
    odd ^= odd << 16;
    odd ^= odd << 32;
    (word ^ (odd << 8).wrapping_mul(0xFF)).cast_signed()
}

#[inline]
fn finalize(hash: i64) -> i64 {
    let mut h = hash.cast_unsigned();
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^= h >> 33;
    h.cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_equal_those_of_a_real_node() {
        let vectors: [(&[u8], i64); 6] = [
            (&[0xFF], -4_442_228_696_663_692_417),
            (&[0x00], 5_048_724_184_180_415_669),
            (&[0, 0, 0, 1], -4_069_959_284_402_364_209),
            (b"hello", -3_758_069_500_696_749_310),
            (&[0x80; 15], -5_979_218_241_483_680_930),
            (&[0x80; 16], -3_634_615_257_541_804_556),
        ];
        for (key, token) in vectors {
            assert_eq!(Token::of_key(key), Token(token), "{key:02x?}");
        }
    }

    #[test]
    fn a_composite_key_hashes_its_lengths_and_separators_too() {
        let mut builder = TokenBuilder::new();
        assert_eq!(builder.token(), None);
        builder.push(&[0, 0, 0, 1]);
        assert_eq!(builder.token(), Some(Token(-4_069_959_284_402_364_209)));
        builder.push(b"b");
        assert_eq!(builder.token(), Some(Token(-5_501_548_057_191_661_197)));
    }

    proptest! {
        #[test]
        fn widening_all_bytes_at_once_is_widening_each(bytes in proptest::collection::vec(any::<u8>(), 0..9)) {
            let each = bytes.iter().enumerate().fold(0, |word, (index, byte)| {
                word ^ (i64::from(byte.cast_signed()) << (8 * index))
            });
            prop_assert_eq!(sign_extended(&bytes), each);
        }

        #[test]
        fn below_0x80_it_is_the_standard_murmur3(key in proptest::collection::vec(0..0x80_u8, 0..80)) {
            let standard = murmur3::murmur3_x64_128(&mut key.as_slice(), 0).unwrap();
            prop_assert_eq!(Token::of_key(&key).0.cast_unsigned(), (standard & u128::from(u64::MAX)) as u64);
        }
    }
}

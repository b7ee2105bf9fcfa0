use std::num::NonZeroU16;

use super::number;
use crate::{Supported, Token, WireError};

const SHARD: &str = "SCYLLA_SHARD";
const SHARDS: &str = "SCYLLA_NR_SHARDS";
const IGNORE_MSB: &str = "SCYLLA_SHARDING_IGNORE_MSB";
const ALGORITHM: &str = "SCYLLA_SHARDING_ALGORITHM";
const PORT: &str = "SCYLLA_SHARD_AWARE_PORT";
const TLS_PORT: &str = "SCYLLA_SHARD_AWARE_PORT_SSL";
const BIASED_TOKEN: &str = "biased-token-round-robin";

/// How a ScyllaDB node divides its data among its cores, and which core a connection has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardingInfo {
    /// The shard at the other end of the connection, from 0.
    pub shard: u16,
    /// How many shards the node has.
    pub shards: NonZeroU16,
    /// How many of a token's highest bits do not count; below 64.
    pub ignore_msb: u8,
    /// The port where the client's own port chooses the shard.
    pub port: Option<u16>,
    /// The same behind TLS.
    pub tls_port: Option<u16>,
}

impl ShardingInfo {
    /// What a node says of its shards; `None` where it has none, or divides data in a way that is not known here.
    ///
    /// # Errors
    /// Numbers that are none, or that cannot be.
    pub fn from_supported(supported: &Supported) -> Result<Option<Self>, WireError> {
        let algorithm = supported.values(ALGORITHM).first();
        if algorithm.is_some_and(|algorithm| algorithm != BIASED_TOKEN) {
            return Ok(None);
        }
        let (Some(shard), Some(shards), Some(ignore_msb)) = (
            number::<u16>(supported, SHARD)?,
            number::<NonZeroU16>(supported, SHARDS)?,
            number::<u8>(supported, IGNORE_MSB)?,
        ) else {
            return Ok(None);
        };
        if shard >= shards.get() {
            return Err(WireError::Unknown { what: SHARD, value: shard.to_string() });
        }
        if u32::from(ignore_msb) >= u64::BITS {
            return Err(WireError::Unknown { what: IGNORE_MSB, value: ignore_msb.to_string() });
        }
        let port = number(supported, PORT)?;
        let tls_port = number(supported, TLS_PORT)?;
        Ok(Some(Self { shard, shards, ignore_msb, port, tls_port }))
    }

    /// Adds what a node says of its shards to SUPPORTED.
    pub fn add_to_supported(&self, supported: &mut Supported) {
        let mut add = |name: &str, value: String| {
            supported.options.push((name.to_owned(), vec![value]));
        };
        add(SHARD, self.shard.to_string());
        add(SHARDS, self.shards.to_string());
        add(IGNORE_MSB, self.ignore_msb.to_string());
        add(ALGORITHM, BIASED_TOKEN.to_owned());
        if let Some(port) = self.port {
            add(PORT, port.to_string());
        }
        if let Some(port) = self.tls_port {
            add(TLS_PORT, port.to_string());
        }
    }

    /// The shard that holds a token, from 0.
    ///
    /// ```
    /// use helenus_protocol::{ShardingInfo, Token};
    ///
    /// let shards = 4.try_into()?;
    /// let info = ShardingInfo { shard: 0, shards, ignore_msb: 12, port: None, tls_port: None };
    /// assert_eq!(info.shard_of(Token(-9_219_783_007_514_621_794)), 3);
    /// # Ok::<(), std::num::TryFromIntError>(())
    /// ```
    pub fn shard_of(&self, token: Token) -> u16 {
        let biased = token.0.cast_unsigned() ^ (1 << 63);
        let counted = biased.checked_shl(self.ignore_msb.into()).unwrap_or(0);
        let shard = (u128::from(counted) * u128::from(self.shards.get())) >> u64::BITS;
        // Below the number of shards, as `counted` is below 2^64.
        u16::try_from(shard).unwrap_or(0)
    }

    /// The shard that a connection reaches from this local port, at the shard-aware port.
    pub fn shard_of_port(&self, local_port: u16) -> u16 {
        local_port % self.shards
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn supported(options: &[(&str, &str)]) -> Supported {
        let option = |(name, value): &(&str, &str)| ((*name).to_owned(), vec![(*value).to_owned()]);
        Supported { options: options.iter().map(option).collect() }
    }

    fn info(shards: u16, ignore_msb: u8) -> ShardingInfo {
        let shards = NonZeroU16::new(shards).unwrap();
        ShardingInfo { shard: 0, shards, ignore_msb, port: Some(19042), tls_port: Some(19142) }
    }

    #[test]
    fn tokens_fall_to_the_shards_that_other_drivers_compute() {
        assert_eq!(info(4, 12).shard_of(Token(-9_219_783_007_514_621_794)), 3);
        assert_eq!(info(4, 12).shard_of(Token(9_222_582_454_147_032_830)), 3);
        assert_eq!(info(4, 0).shard_of(Token(i64::MIN)), 0);
        assert_eq!(info(4, 0).shard_of(Token(-1)), 1);
        assert_eq!(info(4, 0).shard_of(Token(0)), 2);
        assert_eq!(info(4, 0).shard_of(Token(i64::MAX)), 3);
        assert_eq!(info(8, 1).shard_of(Token(0)), 0);
    }

    #[test]
    fn a_port_leads_to_the_shard_of_its_remainder() {
        assert_eq!(info(8, 12).shard_of_port(49_152), 0);
        assert_eq!(info(8, 12).shard_of_port(49_157), 5);
    }

    #[test]
    fn what_a_node_says_reads_back() {
        let mut supported = Supported::default();
        info(8, 12).add_to_supported(&mut supported);
        assert_eq!(ShardingInfo::from_supported(&supported), Ok(Some(info(8, 12))));
    }

    #[test]
    fn the_three_numbers_come_together_or_not_at_all() {
        let both = supported(&[(SHARD, "1"), (SHARDS, "2")]);
        assert_eq!(ShardingInfo::from_supported(&both), Ok(None));
        assert_eq!(ShardingInfo::from_supported(&Supported::default()), Ok(None));
    }

    #[test]
    fn another_algorithm_is_no_sharding_that_is_known() {
        let options = [(SHARD, "1"), (SHARDS, "2"), (IGNORE_MSB, "12"), (ALGORITHM, "new")];
        assert_eq!(ShardingInfo::from_supported(&supported(&options)), Ok(None));
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        for (shard, shards, ignore_msb) in [
            ("x", "2", "12"),
            ("0", "0", "12"),
            ("2", "2", "12"),
            ("0", "2", "64"),
            ("0", "2", "-1"),
        ] {
            let options = [(SHARD, shard), (SHARDS, shards), (IGNORE_MSB, ignore_msb)];
            let read = ShardingInfo::from_supported(&supported(&options));
            assert!(matches!(read, Err(WireError::Unknown { .. })), "{options:?}");
        }
    }

    proptest! {
        #[test]
        fn a_shard_is_one_that_the_node_has(token: i64, shards in 1..=u16::MAX, ignore_msb: u8, port: u16) {
            prop_assert!(info(shards, ignore_msb).shard_of(Token(token)) < shards);
            prop_assert!(info(shards, ignore_msb).shard_of_port(port) < shards);
        }
    }
}

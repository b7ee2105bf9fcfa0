//! How nodes are ScyllaDB's.

use std::num::NonZeroU16;

use helenus_protocol::{ScyllaExtensions, ShardingInfo};

use super::Tablets;

/// How the nodes of an [`EmbeddedCluster`](crate::EmbeddedCluster) are ScyllaDB's: with shards, with its extensions of
/// the protocol, which is v4 at most, and perhaps with tablets.
///
/// A connection to a node's own port gets the shard with the fewest; behind the shard-aware port, which is 10,000
/// higher, the client's port chooses. Offered are the marks of conditional statements, the error for partitions that
/// are asked for too often (a [`Fault`](crate::Fault) of that error), the ids of result metadata, and, where there are
/// tablets, their routing. Statements are run, and errors told, as Cassandra does it; `USING TIMEOUT` and
/// `BYPASS CACHE` are read and change nothing. A keyspace has tablets if there are any and its strategy is
/// NetworkTopologyStrategy.
///
/// ```
/// use helenus_testkit::{EmbeddedCluster, Scylla};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), helenus_testkit::ClusterError> {
/// let scylla = Scylla::new(4).tablets(16);
/// let cluster = EmbeddedCluster::builder().datacenter("dc1", 3).scylla(scylla).start().await?;
/// // Here a driver connects, and later the requests to a shard are looked at.
/// cluster.requests().on(&cluster.nodes()[0]).on_shard(3).assert_none();
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Scylla {
    shards: u16,
    ignore_msb: u8,
    tablets: Option<u32>,
    has_shard_aware_port: bool,
}

/// What the shard-aware port is above the node's own: 19042 where that is 9042.
const SHARD_AWARE: u16 = 10_000;
/// The bit that marks conditional statements among the flags of what was prepared.
const LWT_MARK: u32 = 1 << 31;
/// The first of the codes that ScyllaDB has for its own errors.
const RATE_LIMIT_ERROR: i32 = 0xF000;

impl Scylla {
    /// Nodes of this many shards, without tablets.
    pub fn new(shards: u16) -> Self {
        Self { shards, ignore_msb: 12, tablets: None, has_shard_aware_port: true }
    }

    /// How many of a token's highest bits do not count for its shard; 12 unless set, as in ScyllaDB.
    pub fn ignore_msb(mut self, bits: u8) -> Self {
        self.ignore_msb = bits;
        self
    }

    /// Gives each table this many tablets, which divide the ring evenly. A tablet has the replicas of its last token,
    /// each on a shard that follows from the tablet and not from the token.
    pub fn tablets(mut self, per_table: u32) -> Self {
        self.tablets = Some(per_table);
        self
    }

    /// Leaves the shard-aware port out.
    pub fn without_shard_aware_port(mut self) -> Self {
        self.has_shard_aware_port = false;
        self
    }

    /// What it has that cannot be.
    pub(crate) fn problem(self) -> Option<String> {
        if self.shards == 0 {
            return Some("no shards".to_owned());
        }
        if self.tablets == Some(0) {
            return Some("no tablets in its tables".to_owned());
        }
        let bits = self.ignore_msb;
        (u32::from(bits) >= u64::BITS)
            .then(|| format!("tokens of which {bits} bits do not count: they have 64"))
    }

    pub(crate) fn shards(self) -> Option<NonZeroU16> {
        NonZeroU16::new(self.shards)
    }

    /// How far the shard-aware port is above the node's own, if it has one.
    pub(crate) fn shard_aware_port(self) -> Option<u16> {
        self.has_shard_aware_port.then_some(SHARD_AWARE)
    }

    pub(crate) fn tablet_routing(self) -> Option<Tablets> {
        Some(Tablets::new(self.tablets?, self.shards()?))
    }

    /// What a node on this port tells of its shards on a connection to this one.
    pub(crate) fn sharding(self, shard: u16, port: u16, is_tls: bool) -> Option<ShardingInfo> {
        let aware = self.shard_aware_port().and_then(|above| port.checked_add(above));
        let (tls_port, port) = if is_tls { (aware, None) } else { (None, aware) };
        let (shards, ignore_msb) = (self.shards()?, self.ignore_msb);
        Some(ShardingInfo { shard, shards, ignore_msb, port, tls_port })
    }

    pub(crate) fn extensions(self) -> ScyllaExtensions {
        let mut extensions = ScyllaExtensions::default();
        extensions.lwt_mark = Some(LWT_MARK);
        extensions.rate_limit_error = Some(RATE_LIMIT_ERROR);
        extensions.tablets = self.tablets.is_some();
        extensions.metadata_ids = true;
        extensions
    }
}

use helenus_protocol::ShardingInfo;

/// The ports that nobody has by name.
const FIRST_PORT: u16 = 49_152;

/// Local ports that are tried before it is given up to choose a shard: others may have them.
const TRIES: usize = 32;

/// A ScyllaDB node's port where the client's own port chooses the shard.
///
/// As ScyllaDB's documentation of the protocol's extensions has it, under *Intranode sharding*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShardGate {
    /// The node's port.
    pub(crate) port: u16,
    pub(crate) shard: u16,
    shards: u16,
}

impl ShardGate {
    /// The way to a shard; `None` where the node has no such port.
    pub(crate) fn to(shard: u16, sharding: &ShardingInfo, is_encrypted: bool) -> Option<Self> {
        let port = if is_encrypted { sharding.tls_port } else { sharding.port };
        Some(Self { port: port?, shard, shards: sharding.shards.get() })
    }

    /// Some of the local ports that lead to the shard, beginning at random.
    pub(super) fn local_ports(self, random: u64) -> impl Iterator<Item = u16> {
        let (shard, shards) = (u64::from(self.shard), u64::from(self.shards));
        // The first one that leads there, and how many there are.
        let first = u64::from(FIRST_PORT).next_multiple_of(shards) + shard;
        let count = (u64::from(u16::MAX) + 1).saturating_sub(first).div_ceil(shards);
        let nth = move |n: u64| first + (random % count.max(1) + n) % count.max(1) * shards;
        (0..count).map(nth).filter_map(|port| u16::try_from(port).ok()).take(TRIES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_ports_lead_to_the_shard_and_none_comes_twice() {
        for (shard, shards) in [(0, 1), (0, 3), (2, 3), (30, 31), (255, 256), (9_999, 10_000)] {
            for random in [0, 1, 77, u64::MAX] {
                let gate = ShardGate { port: 19_042, shard, shards };
                let mut ports: Vec<_> = gate.local_ports(random).collect();
                assert!(!ports.is_empty() && ports.len() <= TRIES);
                assert!(ports.iter().all(|port| port % shards == shard && *port >= FIRST_PORT));
                ports.sort_unstable();
                ports.dedup();
                assert!(ports.len() == TRIES || shards > 500, "{shard} of {shards}: {ports:?}");
            }
        }
    }
}

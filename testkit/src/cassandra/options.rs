use std::net::{Ipv4Addr, SocketAddr};

use super::{Datacenter, Error, TlsMode, Version};

/// The port on which every node speaks CQL.
pub(super) const NATIVE_PORT: u16 = 9042;
/// The port on which nodes speak to each other.
pub(super) const STORAGE_PORT: u16 = 7000;

/// What [`Cluster::up`](super::Cluster::up) starts.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    pub(super) name: String,
    pub(super) datacenters: Vec<Datacenter>,
    pub(super) racks: u8,
    pub(super) version: Version,
    pub(super) tls: Option<TlsMode>,
    pub(super) auth: bool,
    pub(super) block: u8,
    pub(super) vnodes: u16,
    pub(super) heap_mib: u32,
}

impl ClusterOptions {
    /// One node of Cassandra 5.0 in `dc1` at 127.0.0.1, without TLS and without authentication. The name may have ASCII
    /// letters, digits, `-` and `_`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            datacenters: vec![Datacenter::new("dc1", 1)],
            racks: 1,
            version: Version::default(),
            tls: None,
            auth: false,
            block: 0,
            vnodes: 1,
            heap_mib: 384,
        }
    }

    /// One datacenter, `dc1`, with this many nodes. Default 1.
    #[must_use]
    pub fn nodes(self, nodes: u8) -> Self {
        self.datacenters(vec![Datacenter::new("dc1", nodes)])
    }

    /// These datacenters. Default: `dc1` with one node.
    #[must_use]
    pub fn datacenters(mut self, datacenters: Vec<Datacenter>) -> Self {
        self.datacenters = datacenters;
        self
    }

    /// How many racks each datacenter has; its nodes go round them in turn: `rack1`, `rack2`, … Default 1.
    #[must_use]
    pub fn racks(mut self, racks: u8) -> Self {
        self.racks = racks;
        self
    }

    /// The release line. Default 5.0.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// TLS on the native port, which goes on to take plain text too. Default off.
    #[must_use]
    pub fn tls(mut self, mode: Option<TlsMode>) -> Self {
        self.tls = mode;
        self
    }

    /// `PasswordAuthenticator` and `CassandraAuthorizer`, with the superuser `cassandra`, password `cassandra`. Default
    /// off.
    #[must_use]
    pub fn auth(mut self, on: bool) -> Self {
        self.auth = on;
        self
    }

    /// The addresses' block: nodes get 127.0.`block`.1, 127.0.`block`.2, … in the order of their datacenters.
    /// Clusters that run at the same time need different blocks. Default 0.
    #[must_use]
    pub fn block(mut self, block: u8) -> Self {
        self.block = block;
        self
    }

    /// Tokens a node. With the default, 1, tokens are spaced evenly and nodes start together; with more, Cassandra
    /// picks them and nodes start one after another.
    #[must_use]
    pub fn vnodes(mut self, tokens: u16) -> Self {
        self.vnodes = tokens;
        self
    }

    /// The largest heap of a node's JVM, in MiB. Default 384, with which a node takes 400 to 900 MB of memory.
    #[must_use]
    pub fn heap_mib(mut self, mib: u32) -> Self {
        self.heap_mib = mib;
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse = |why: String| Err(Error::Options(why));
        if !is_plain_name(&self.name) {
            return refuse(format!(
                "`{}` is no cluster name: use ASCII letters, digits, - and _",
                self.name
            ));
        }
        if let Some(dc) =
            self.datacenters.iter().find(|dc| dc.nodes() == 0 || !is_plain_name(dc.name()))
        {
            return refuse(format!(
                "datacenter `{}` needs a plain name and at least one node",
                dc.name()
            ));
        }
        for (index, dc) in self.datacenters.iter().enumerate() {
            if self.datacenters[..index].iter().any(|other| other.name() == dc.name()) {
                return refuse(format!("datacenter `{}` is named twice", dc.name()));
            }
        }
        let nodes: u32 = self.datacenters.iter().map(|dc| u32::from(dc.nodes())).sum();
        if !(1..=254).contains(&nodes) {
            return refuse(format!("{nodes} nodes: an address block has room for 1 to 254"));
        }
        if self.racks == 0 || self.vnodes == 0 {
            return refuse("racks and tokens a node must be at least 1".into());
        }
        Ok(())
    }

    pub(super) fn places(&self) -> Vec<Place> {
        let nodes = self
            .datacenters
            .iter()
            .enumerate()
            .flat_map(|(dc_index, dc)| (0..dc.nodes()).map(move |index| (dc_index, dc, index)));
        nodes
            .zip(1u8..)
            .map(|((dc_index, dc, index), host)| Place {
                address: SocketAddr::from((Ipv4Addr::new(127, 0, self.block, host), NATIVE_PORT)),
                dc: dc.name().to_owned(),
                rack: format!("rack{}", index % self.racks + 1),
                token: (self.vnodes == 1).then(|| even_token(dc_index, index, dc.nodes())),
            })
            .collect()
    }
}

/// Where a node stands: its address, datacenter, rack and, without vnodes, its token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: SocketAddr,
    pub(super) dc: String,
    pub(super) rack: String,
    pub(super) token: Option<i64>,
}

/// Names go unquoted into paths, YAML and properties files.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The middle of the node's share of the ring, moved a little a datacenter, because no two nodes may share a token.
fn even_token(dc: usize, index: u8, nodes: u8) -> i64 {
    let share = (1i128 << 64) / i128::from(nodes);
    let token = i128::from(i64::MIN) + share / 2 + share * i128::from(index) + 100 * dc as i128;
    i64::try_from(token)
        .expect("below the end of the ring: half a share is more than 100 a datacenter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_numbered_through_all_datacenters_and_go_round_the_racks() {
        let options = ClusterOptions::new("two")
            .datacenters(vec![Datacenter::new("dc1", 3), Datacenter::new("dc2", 1)])
            .racks(2)
            .block(7);
        let places: Vec<_> = options
            .places()
            .into_iter()
            .map(|place| (place.address.to_string(), place.dc, place.rack))
            .collect();
        let expected = [
            ("127.0.7.1:9042", "dc1", "rack1"),
            ("127.0.7.2:9042", "dc1", "rack2"),
            ("127.0.7.3:9042", "dc1", "rack1"),
            ("127.0.7.4:9042", "dc2", "rack1"),
        ];
        assert_eq!(places, expected.map(|(a, d, r)| (a.to_owned(), d.to_owned(), r.to_owned())));
    }

    #[test]
    fn tokens_are_even_within_a_datacenter_and_never_shared_between_two() {
        let dcs = vec![Datacenter::new("dc1", 2), Datacenter::new("dc2", 2)];
        let tokens: Vec<_> =
            ClusterOptions::new("two").datacenters(dcs).places().iter().map(|p| p.token).collect();
        assert_eq!(
            tokens,
            [Some(-(1 << 62)), Some(1 << 62), Some(-(1 << 62) + 100), Some((1 << 62) + 100)]
        );
        assert_eq!(even_token(0, 0, 1), 0);
        assert!(even_token(254, 254, 255) > 0);
    }

    #[test]
    fn with_vnodes_the_tokens_are_left_to_cassandra() {
        let options = ClusterOptions::new("vnodes").nodes(2).vnodes(16);
        assert!(options.places().iter().all(|place| place.token.is_none()));
    }

    #[test]
    fn options_that_cannot_work_are_refused() {
        let refused = [
            ClusterOptions::new("../escape"),
            ClusterOptions::new(""),
            ClusterOptions::new("none").nodes(0),
            ClusterOptions::new("no-dcs").datacenters(vec![]),
            ClusterOptions::new("twice")
                .datacenters(vec![Datacenter::new("a", 1), Datacenter::new("a", 1)]),
            ClusterOptions::new("crowd")
                .datacenters(vec![Datacenter::new("a", 200), Datacenter::new("b", 200)]),
            ClusterOptions::new("no-racks").racks(0),
        ];
        for options in refused {
            assert!(options.check().is_err(), "{options:?}");
        }
        assert!(ClusterOptions::new("main_2-x").nodes(254).check().is_ok());
    }
}

use std::env;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::OnceLock;

use crate::link::Link;
use crate::peer::Peer;
use crate::tally::Tally;
use crate::virtual_environment::VirtualEnvironment;
use crate::{Outcome, schema};

/// Where tests find a real cluster: addresses with or without a port, parted by commas.
pub(crate) const CONTACT_POINTS: &str = "HELENUS_TEST_CONTACT_POINTS";
const SEED: &str = "HELENUS_TEST_SEED";
const CQL_PORT: u16 = 9042;

/// What all trials stand on: the node, its schema, the Python driver and the seed.
#[derive(Debug)]
pub(crate) struct Ground {
    node: SocketAddr,
    seed: u64,
    python: OnceLock<Outcome<VirtualEnvironment>>,
    tally: Tally,
}

impl Ground {
    /// `None` where no real node is named.
    pub(crate) fn from_environment() -> Outcome<Option<Self>> {
        let Some(points) = env::var(CONTACT_POINTS).ok().filter(|points| !points.is_empty()) else {
            return Ok(None);
        };
        let first = points.split(',').next().unwrap_or_default().trim();
        let address = first.parse().map_or_else(
            |_| (first, CQL_PORT).to_socket_addrs().ok().and_then(|mut found| found.next()),
            Some,
        );
        let node = address.ok_or_else(|| format!("{CONTACT_POINTS}: {first:?} is no address"))?;
        let seed = match env::var(SEED) {
            Ok(seed) => seed.parse().map_err(|error| format!("{SEED}={seed:?}: {error}"))?,
            Err(_) => fastrand::u64(..),
        };
        Ok(Some(Self { node, seed, python: OnceLock::new(), tally: Tally::default() }))
    }

    pub(crate) fn node(&self) -> SocketAddr {
        self.node
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether the seed was given.
    pub(crate) fn is_seeded(&self) -> bool {
        env::var_os(SEED).is_some()
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The Python driver over `link`, on a node that has the schema.
    pub(crate) fn peer(&self, link: Link) -> Outcome<Peer> {
        let python = self.python.get_or_init(|| self.prepare()).as_ref().map_err(Clone::clone)?;
        Peer::start(python, self.node, link)
    }

    fn prepare(&self) -> Outcome<VirtualEnvironment> {
        let python = VirtualEnvironment::find_or_create()?;
        Peer::start(&python, self.node, Link::ALL[0])?.run(&schema::statements())?;
        Ok(python)
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "real node {}; {SEED}={} repeats these random values", self.node, self.seed)
    }
}

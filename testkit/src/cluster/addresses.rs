//! Loopback addresses for a cluster's nodes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use uuid::Uuid;

use super::{ClusterError, NodeListeners};

const ATTEMPTS: usize = 100;
/// Nodes in a `127.x.y` block: `.0` and `.255` are left out.
const BLOCK: usize = 254;

/// What sets the nodes of a cluster apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// An address for each, on this port.
    Addresses(u16),
    /// One address, with a port for each from this one on.
    Ports(u16),
}

/// Where the first node is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The first address of a block of 127.0.0.0/8 which nobody else uses on the cluster's ports.
    Block([u8; 2]),
    /// An address that was asked for; the others follow it.
    Address(Ipv4Addr),
}

#[derive(Debug)]
pub(super) struct Addresses {
    origin: Origin,
    layout: Layout,
    /// How far the nodes' shard-aware ports are above their own, if they have any.
    shard_aware: Option<u16>,
    /// Addresses that were given out, or were found to be in use.
    taken: AtomicUsize,
}

impl Addresses {
    /// Listens on `count` addresses from `first` on, or else on the first of a block that is free.
    pub(super) async fn claim(
        layout: Layout,
        first: Option<Ipv4Addr>,
        shard_aware: Option<u16>,
        count: usize,
    ) -> Result<(Self, Vec<NodeListeners>), ClusterError> {
        let taken = || AtomicUsize::new(0);
        if let Some(first) = first {
            let origin = Origin::Address(first);
            let addresses = Self { origin, layout, shard_aware, taken: taken() };
            let mut listeners = Vec::with_capacity(count);
            for _ in 0..count {
                listeners.push(addresses.listen_on_next().await?);
            }
            return Ok((addresses, listeners));
        }
        for _ in 0..ATTEMPTS {
            let origin = Origin::Block(random_block());
            let addresses = Self { origin, layout, shard_aware, taken: taken() };
            if let Some(listeners) = addresses.listen_on_first(count).await? {
                return Ok((addresses, listeners));
            }
        }
        Err(layout.has_none_free())
    }

    /// `None` if one of the addresses is in use.
    async fn listen_on_first(
        &self,
        count: usize,
    ) -> Result<Option<Vec<NodeListeners>>, ClusterError> {
        let mut listeners = Vec::with_capacity(count);
        for _ in 0..count {
            match free(self.listen_on_next().await)? {
                Some(listener) => listeners.push(listener),
                None => return Ok(None),
            }
        }
        Ok(Some(listeners))
    }

    /// Listens on an address that no node of the cluster has had.
    pub(super) async fn listen(&self) -> Result<NodeListeners, ClusterError> {
        for _ in 0..ATTEMPTS {
            if let Some(listener) = free(self.listen_on_next().await)? {
                return Ok(listener);
            }
        }
        Err(self.layout.has_none_free())
    }

    /// Listens where a node did before.
    pub(super) async fn listen_again(
        &self,
        address: SocketAddr,
    ) -> Result<NodeListeners, ClusterError> {
        NodeListeners::bind(address, self.shard_aware).await
    }

    pub(super) fn storage_port(&self, address: SocketAddr) -> u16 {
        self.layout.storage_port(address)
    }

    async fn listen_on_next(&self) -> Result<NodeListeners, ClusterError> {
        let index = self.taken.fetch_add(1, Ordering::Relaxed);
        let address =
            self.layout.address(self.origin, index).ok_or_else(|| self.layout.has_none_free())?;
        NodeListeners::bind(address, self.shard_aware).await
    }
}

/// `None` for an address that is in use.
fn free(
    listeners: Result<NodeListeners, ClusterError>,
) -> Result<Option<NodeListeners>, ClusterError> {
    match listeners {
        Ok(listeners) => Ok(Some(listeners)),
        Err(ClusterError::Bind { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Origin {
    fn address(self, index: usize) -> Option<Ipv4Addr> {
        match self {
            Self::Block(block) => Some(address(block, index)),
            Self::Address(first) => {
                let bits = first.to_bits().checked_add(u32::try_from(index).ok()?)?;
                Some(Ipv4Addr::from_bits(bits))
            }
        }
    }
}

impl Layout {
    fn port(self) -> u16 {
        match self {
            Self::Addresses(port) | Self::Ports(port) => port,
        }
    }

    fn address(self, origin: Origin, index: usize) -> Option<SocketAddr> {
        Some(match self {
            Self::Addresses(port) => (origin.address(index)?, port).into(),
            Self::Ports(first) => {
                let port = first.checked_add(u16::try_from(index).ok()?)?;
                (origin.address(0)?, port).into()
            }
        })
    }

    /// Where a node talks to its peers. Nobody listens there, but peers on one address are told apart by it.
    fn storage_port(self, address: SocketAddr) -> u16 {
        const STORAGE: u16 = 7000;
        match self {
            Self::Addresses(_) => STORAGE,
            Self::Ports(first) => STORAGE.wrapping_add(address.port().wrapping_sub(first)),
        }
    }

    fn has_none_free(self) -> ClusterError {
        ClusterError::NoFreeAddresses { attempts: ATTEMPTS, port: self.port() }
    }
}

/// `x.y` of `127.x.y`, never `0`: that is where real servers live.
fn random_block() -> [u8; 2] {
    let [x, y, ..] = *Uuid::new_v4().as_bytes();
    [x.max(1), y]
}

fn address([x, y]: [u8; 2], index: usize) -> Ipv4Addr {
    let low = |number: usize| number.to_le_bytes()[0];
    let y = usize::from(y) + index / BLOCK;
    let x = usize::from(x) - 1 + y / 256;
    Ipv4Addr::new(127, low(x % 255 + 1), low(y % 256), low(index % BLOCK + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_has_an_address_of_its_own_even_in_large_clusters() {
        let addresses: std::collections::HashSet<_> =
            (0..5000).map(|index| address([255, 250], index)).collect();
        assert_eq!(addresses.len(), 5000);
        assert!(addresses.iter().all(|address| address.is_loopback() && address.octets()[1] != 0));
        assert_eq!(address([3, 4], 0), Ipv4Addr::new(127, 3, 4, 1));
    }

    #[test]
    fn nodes_on_one_address_differ_by_their_ports_as_long_as_there_are_ports() {
        let layout = Layout::Ports(65_534);
        let at = |index| layout.address(Origin::Block([3, 4]), index);
        assert_eq!(at(1), Some(([127, 3, 4, 1], 65_535).into()));
        assert_eq!(at(2), None);
        assert_eq!(layout.storage_port(at(1).unwrap()), 7001);
        assert_eq!(Layout::Addresses(9042).storage_port(([127, 3, 4, 9], 9042).into()), 7000);
    }
}

//! Loopback addresses for a cluster's nodes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use uuid::Uuid;

use super::ClusterError;

const ATTEMPTS: usize = 100;
/// Nodes in a `127.x.y` block: `.0` and `.255` are left out.
const BLOCK: usize = 254;

/// Listens on `count` addresses of one block of 127.0.0.0/8 that nobody else uses on this port.
pub(super) async fn listen_on_free_block(
    count: usize,
    port: u16,
) -> Result<Vec<TcpListener>, ClusterError> {
    for _ in 0..ATTEMPTS {
        if let Some(listeners) = listen_on_block(random_block(), count, port).await? {
            return Ok(listeners);
        }
    }
    Err(ClusterError::NoFreeAddresses { attempts: ATTEMPTS, port })
}

/// `None` if one of the addresses is in use.
async fn listen_on_block(
    block: [u8; 2],
    count: usize,
    port: u16,
) -> Result<Option<Vec<TcpListener>>, ClusterError> {
    let mut listeners = Vec::with_capacity(count);
    for index in 0..count {
        let address = SocketAddr::from((address(block, index), port));
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Ok(None),
            Err(source) => return Err(ClusterError::Bind { address, source }),
        }
    }
    Ok(Some(listeners))
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
}

//! Where a node listens.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::ClusterError;

/// A node's own port and, where it has shards, the one behind which the client's port chooses the shard.
#[derive(Debug)]
pub(crate) struct NodeListeners {
    pub(crate) address: SocketAddr,
    pub(crate) plain: TcpListener,
    pub(crate) shard_aware: Option<TcpListener>,
}

impl NodeListeners {
    /// `shard_aware` is how far the shard-aware port is above the node's own.
    pub(super) async fn bind(
        address: SocketAddr,
        shard_aware: Option<u16>,
    ) -> Result<Self, ClusterError> {
        let plain = listen(address).await?;
        let address = plain.local_addr().map_err(|source| ClusterError::bind(address, source))?;
        let shard_aware = match shard_aware {
            None => None,
            Some(above) => {
                let port = address.port().checked_add(above).ok_or_else(|| {
                    let what = format!("a shard-aware port {above} above {}", address.port());
                    ClusterError::Impossible { what }
                })?;
                Some(listen(SocketAddr::new(address.ip(), port)).await?)
            }
        };
        Ok(Self { address, plain, shard_aware })
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ClusterError> {
    TcpListener::bind(address).await.map_err(|source| ClusterError::bind(address, source))
}

//! Why a proxy does not start.

use std::io;
use std::net::SocketAddr;

use crate::record_file::RecordFileError;

/// A [`Proxy`](super::Proxy) or a [`Replay`](crate::Replay) could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The recording cannot be written.
    #[error(transparent)]
    Recording(#[from] RecordFileError),
}

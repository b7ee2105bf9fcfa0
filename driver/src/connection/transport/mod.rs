mod plain;
mod socket;
#[cfg(feature = "tls")]
mod tls;

use std::io;
#[cfg(feature = "tls")]
use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use plain::PlainTransport;
use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;

use super::{ConnectError, ConnectionConfig, Destination};

/// The bytes' way to a node, written to by one party at a time.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(PlainTransport),
    #[cfg(feature = "tls")]
    Tls(Arc<tls::TlsTransport>),
}

/// The reader's end of a transport, which only one party has.
#[derive(Debug)]
pub(super) enum Incoming {
    Plain(OwnedReadHalf),
    #[cfg(feature = "tls")]
    Tls(Arc<tls::TlsTransport>),
}

impl Transport {
    pub(super) async fn connect(
        to: Destination,
        config: &ConnectionConfig,
    ) -> Result<(Self, Incoming), ConnectError> {
        let stream = socket::connect(to, config).await?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &config.tls {
            let transport = tls::TlsTransport::connect(stream, to, tls).await?;
            let transport = Arc::new(transport);
            return Ok((Self::Tls(Arc::clone(&transport)), Incoming::Tls(transport)));
        }
        let (transport, incoming) = PlainTransport::new(stream);
        Ok((Self::Plain(transport), Incoming::Plain(incoming)))
    }

    /// Writes what can be written without waiting; returns how many bytes that was.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(transport) => transport.try_write(bytes),
            #[cfg(feature = "tls")]
            Self::Tls(transport) => transport.try_write(bytes),
        }
    }

    /// Writes all of `bytes`.
    pub(super) async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(transport) => transport.write_all(bytes).await,
            #[cfg(feature = "tls")]
            Self::Tls(transport) => transport.write_all(bytes).await,
        }
    }
}

impl Incoming {
    /// Reads what is there to the end of `buffer`, at least one byte; 0 at the end of the stream. Dropped before it is
    /// done, it has read nothing.
    pub(super) async fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Plain(incoming) => {
                // Only the room that is there is read into.
                let room = buffer.capacity() - buffer.len();
                incoming.read_buf(&mut buffer.limit(room)).await
            }
            #[cfg(feature = "tls")]
            Self::Tls(transport) => transport.read(buffer).await,
        }
    }
}

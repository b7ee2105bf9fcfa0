use std::io;
use std::net::SocketAddr;

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Error;
use crate::client::{Options, tls};

/// The bytes' way to the server.
pub(super) enum Channel {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Channel {
    pub(super) async fn open(options: &Options) -> Result<Self, Error> {
        let point = options.contact_points.first().ok_or("there is no contact point")?;
        let address: SocketAddr = point.parse().map_err(|_| format!("{point} is no address"))?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let Some(config) = tls::config(options)? else { return Ok(Self::Plain(stream)) };
        let name = ServerName::IpAddress(address.ip().into());
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        Ok(Self::Tls(Box::new(stream)))
    }

    pub(super) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Appends what has arrived, at least one byte.
    pub(super) async fn read(&mut self, received: &mut BytesMut) -> io::Result<()> {
        let read = match self {
            Self::Plain(stream) => stream.read_buf(received).await?,
            Self::Tls(stream) => stream.read_buf(received).await?,
        };
        if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

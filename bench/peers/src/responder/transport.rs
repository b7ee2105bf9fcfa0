use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::Options;
use super::cluster::address;
use crate::Error;

/// Bytes that TLS may hold until the socket takes them.
const TLS_BUFFER: usize = 1 << 20;

/// The bytes' way to a client.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(TcpStream, Box<ServerConnection>),
}

impl Transport {
    pub(super) fn new(stream: TcpStream, tls: Option<&Arc<ServerConfig>>) -> Result<Self, Error> {
        stream.set_nodelay(true)?;
        let Some(config) = tls else { return Ok(Self::Plain(stream)) };
        let mut connection = ServerConnection::new(Arc::clone(config))?;
        connection.set_buffer_limit(Some(TLS_BUFFER));
        Ok(Self::Tls(stream, Box::new(connection)))
    }

    pub(super) fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(stream) | Self::Tls(stream, _) => stream,
        }
    }

    /// What has arrived; 0 at the end of the stream.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream, connection) => loop {
                match connection.reader().read(buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return read,
                }
                let read = connection.read_tls(stream)?;
                connection.process_new_packets().map_err(io::Error::other)?;
                while connection.wants_write() {
                    connection.write_tls(stream)?;
                }
                if read == 0 {
                    return Ok(0);
                }
            },
        }
    }

    /// How many of the bytes were taken.
    pub(super) fn write(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write_vectored(pieces),
            Self::Tls(stream, connection) => {
                while connection.wants_write() {
                    connection.write_tls(stream)?;
                }
                connection.writer().write_vectored(pieces)
            }
        }
    }

    /// Writes what was taken and is still held.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if let Self::Tls(stream, connection) = self {
            while connection.wants_write() {
                connection.write_tls(stream)?;
            }
        }
        Ok(())
    }
}

/// TLS with a certificate of our own, which is written to the file that the options name.
pub(super) fn tls(options: &Options) -> Result<Option<Arc<ServerConfig>>, Error> {
    let Some(path) = &options.tls else { return Ok(None) };
    let addresses = (0..options.nodes).map(|node| address(node).to_string());
    let names: Vec<_> = addresses.chain(["localhost".to_owned()]).collect();
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    std::fs::write(path, cert.pem())
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    Ok(Some(Arc::new(config)))
}

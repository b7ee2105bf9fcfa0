//! Loopback TCP and Unix sockets alike.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use super::ControlAddress;
use crate::error::CliError;

/// A connection, by whatever way.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(unix::Socket),
}

impl Listener {
    pub(super) async fn bind(address: &ControlAddress) -> Result<Self, CliError> {
        let failed = |source| CliError::Listen { address: address.clone(), source };
        match address {
            ControlAddress::Tcp(address) if !address.ip().is_loopback() => {
                Err(CliError::NotLoopback { address: *address })
            }
            ControlAddress::Tcp(address) => {
                Ok(Self::Tcp(TcpListener::bind(address).await.map_err(failed)?))
            }
            #[cfg(unix)]
            ControlAddress::Unix(path) => {
                Ok(Self::Unix(unix::Socket::bind(path).await.map_err(failed)?))
            }
            #[cfg(not(unix))]
            ControlAddress::Unix(_) => Err(failed(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Where it listens: with the port that the system chose.
    pub(super) fn address(&self, asked: &ControlAddress) -> ControlAddress {
        match self {
            Self::Tcp(listener) => {
                listener.local_addr().map_or_else(|_| asked.clone(), ControlAddress::Tcp)
            }
            #[cfg(unix)]
            Self::Unix(_) => asked.clone(),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            #[cfg(unix)]
            Self::Unix(socket) => Box::new(socket.accept().await?),
        })
    }
}

impl ControlAddress {
    pub(crate) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            #[cfg(unix)]
            Self::Unix(path) => Box::new(tokio::net::UnixStream::connect(path).await?),
            #[cfg(not(unix))]
            Self::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
        })
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::path::{Path, PathBuf};

    use tokio::net::{UnixListener, UnixStream};

    /// A socket with a path, which goes with it.
    pub(in crate::control) struct Socket {
        listener: UnixListener,
        path: PathBuf,
    }

    impl Socket {
        pub(super) async fn bind(path: &Path) -> io::Result<Self> {
            let listener = match UnixListener::bind(path) {
                // A process that was killed leaves its path behind.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_dead(path).await => {
                    std::fs::remove_file(path)?;
                    UnixListener::bind(path)?
                }
                bound => bound?,
            };
            Ok(Self { listener, path: path.to_owned() })
        }

        pub(super) async fn accept(&self) -> io::Result<UnixStream> {
            Ok(self.listener.accept().await?.0)
        }
    }

    async fn is_dead(path: &Path) -> bool {
        let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        UnixStream::connect(path).await.is_err_and(refused)
    }

    impl Drop for Socket {
        fn drop(&mut self) {
            // Somebody else may have removed it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

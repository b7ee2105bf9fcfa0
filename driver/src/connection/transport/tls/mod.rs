mod ciphertext;
mod session;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use session::{Progress, TlsSession};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::coop::consume_budget;
use tokio::time::timeout;

use crate::TlsConfig;
use crate::connection::{ConnectError, Destination};
use crate::tls::TlsError;

/// What is encrypted under one lock. The peer's answer to the last byte of a chunk cannot be read before the lock is
/// free again, so it is kept small.
const CHUNK: usize = 64 * 1024;

/// TCP with TLS on top.
///
/// What is encrypted must be sent in that order, so what the socket does not take stays in the session. Whoever comes
/// next sends it first, and the reader, which is always there, is told of it.
#[derive(Debug)]
pub(in crate::connection) struct TlsTransport {
    stream: TcpStream,
    session: Mutex<TlsSession>,
    has_unsent: Notify,
}

impl TlsTransport {
    pub(super) async fn connect(
        stream: TcpStream,
        to: Destination,
        config: &TlsConfig,
    ) -> Result<Self, ConnectError> {
        let (rustls, name, after) = config.start(to)?;
        let mut session = TlsSession::new(rustls, name)?;
        timeout(after, shake_hands(&stream, &mut session))
            .await
            .map_err(|_| TlsError::HandshakeTimeout { after })??;
        config.count(session.handshake_kind());
        Ok(Self { stream, session: Mutex::new(session), has_unsent: Notify::new() })
    }

    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.write_some(bytes)?.0)
    }

    pub(super) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            let (taken, is_sent) = self.write_some(bytes)?;
            bytes = &bytes[taken..];
            if is_sent && bytes.is_empty() {
                return Ok(());
            }
            self.stream.writable().await?;
        }
    }

    /// Takes as much of `bytes` as the socket has room for, and a chunk at most beyond that; returns how much, and
    /// whether it has been sent.
    fn write_some(&self, bytes: &[u8]) -> io::Result<(usize, bool)> {
        let mut taken = 0;
        loop {
            let chunk = &bytes[taken..bytes.len().min(taken + CHUNK)];
            let mut session = self.session();
            taken += session.write(&self.stream, chunk)?;
            let is_sent = session.is_sent();
            drop(session);
            if !is_sent {
                self.has_unsent.notify_one();
            }
            if !is_sent || taken == bytes.len() {
                return Ok((taken, is_sent));
            }
        }
    }

    pub(super) async fn read(&self, buffer: &mut BytesMut) -> io::Result<usize> {
        loop {
            // As long as there is something to read nothing here waits, and others would starve.
            consume_budget().await;
            let progress = self.session().read(&self.stream, buffer)?;
            match progress {
                Progress::Read(count) => return Ok(count),
                Progress::Waits(interest) if interest.is_writable() => {
                    self.stream.ready(interest).await?;
                }
                Progress::Waits(interest) => tokio::select! {
                    ready = self.stream.ready(interest) => drop(ready?),
                    () = self.has_unsent.notified() => {}
                },
            }
        }
    }

    fn session(&self) -> MutexGuard<'_, TlsSession> {
        // A session that a panic left half way fails by its own checks.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TlsTransport {
    fn drop(&mut self) {
        let session = self.session.get_mut().unwrap_or_else(PoisonError::into_inner);
        session.close(&self.stream);
    }
}

async fn shake_hands(stream: &TcpStream, session: &mut TlsSession) -> io::Result<()> {
    while let Some(interest) = session.shake_hands(stream)? {
        stream.ready(interest).await?;
    }
    Ok(())
}

use std::io;

use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// TCP, and nothing else.
#[derive(Debug)]
pub(in crate::connection) struct PlainTransport {
    stream: OwnedWriteHalf,
}

impl PlainTransport {
    /// The transport, and what it is read by. Reading that way knows from a short read that there is no more, and
    /// does not ask again.
    pub(super) fn new(stream: TcpStream) -> (Self, OwnedReadHalf) {
        let (incoming, stream) = stream.into_split();
        (Self { stream }, incoming)
    }

    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    }

    pub(super) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.try_write(bytes)?;
            bytes = &bytes[written..];
            if written == 0 {
                self.stream.writable().await?;
            }
        }
        Ok(())
    }
}

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::ServerName;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, InsufficientSizeError, ReadTraffic,
    UnbufferedStatus,
};
use rustls::{ClientConfig, HandshakeKind, InvalidMessage};
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::ciphertext::Ciphertext;
use crate::tls::TlsError;

/// What is read from the socket at once, in bytes. A record has at most 18 KiB, and a handshake message 64 KiB.
const READ_SIZE: usize = 80 * 1024;

/// The state of TLS, with the encrypted bytes on both sides of it. It never waits.
pub(super) struct TlsSession {
    connection: UnbufferedClientConnection,
    /// From the socket, up to a part of a record.
    received: Ciphertext,
    /// What the socket had no room for.
    unsent: Ciphertext,
    /// What was decrypted while nobody read: it goes before all else.
    early: BytesMut,
    is_closed: bool,
    failure: Option<TlsError>,
}

/// What came of an attempt to read.
#[derive(Debug)]
pub(super) enum Progress {
    /// So many bytes of plain text; none at the end.
    Read(usize),
    /// Nothing, until the socket is ready.
    Waits(Interest),
}

/// What the socket had.
enum Received {
    Some,
    Nothing,
    End,
}

impl TlsSession {
    pub(super) fn new(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, TlsError> {
        Ok(Self {
            connection: UnbufferedClientConnection::new(config, name)?,
            received: Ciphertext::with_capacity(READ_SIZE),
            unsent: Ciphertext::with_capacity(0),
            early: BytesMut::new(),
            is_closed: false,
            failure: None,
        })
    }

    pub(super) fn handshake_kind(&self) -> Option<HandshakeKind> {
        self.connection.handshake_kind()
    }

    /// Whether the socket has taken all that was written.
    pub(super) fn is_sent(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Goes on with the handshake; returns what to wait for, if it is not over.
    pub(super) fn shake_hands(&mut self, stream: &TcpStream) -> io::Result<Option<Interest>> {
        loop {
            self.advance_unread(&[]).inspect_err(|_| self.send_alert(stream))?;
            // A peer that no longer reads may still have said why.
            let sent = self.send(stream);
            if !self.connection.is_handshaking() {
                sent?;
                return Ok((!self.is_sent()).then_some(Interest::WRITABLE));
            }
            match self.receive(stream)? {
                Received::Some => {}
                Received::Nothing => {
                    sent?;
                    return Ok(Some(self.interest()));
                }
                Received::End => return Err(TlsError::Closed.into()),
            }
        }
    }

    /// Takes all of `chunk` if the socket has taken what came before, else nothing; returns how many bytes it took.
    pub(super) fn write(&mut self, stream: &TcpStream, chunk: &[u8]) -> io::Result<usize> {
        self.send(stream)?;
        if !self.is_sent() {
            return Ok(0);
        }
        self.advance_unread(chunk)?;
        self.send(stream)?;
        Ok(chunk.len())
    }

    /// Reads what is there to the end of `plain`.
    pub(super) fn read(
        &mut self,
        stream: &TcpStream,
        plain: &mut BytesMut,
    ) -> io::Result<Progress> {
        if !self.early.is_empty() {
            let early = self.early.split();
            plain.extend_from_slice(&early);
            return Ok(Progress::Read(early.len()));
        }
        let sent = self.send(stream);
        let (before, room) = (plain.len(), plain.capacity());
        loop {
            let advanced = self.advance(plain, room, &[]);
            if plain.len() > before {
                return Ok(Progress::Read(plain.len() - before));
            }
            advanced.inspect_err(|_| self.send_alert(stream))?;
            if self.is_closed {
                return Ok(Progress::Read(0));
            }
            match self.receive(stream)? {
                Received::Some => {}
                Received::Nothing => {
                    sent?;
                    return Ok(Progress::Waits(self.interest()));
                }
                // A peer need not say that it closes: a frame that was cut off shows by its length.
                Received::End => return Ok(Progress::Read(0)),
            }
        }
    }

    /// Says farewell, as far as that goes without waiting.
    pub(super) fn close(&mut self, stream: &TcpStream) {
        if self.failure.is_some() || self.connection.is_handshaking() || !self.is_sent() {
            return;
        }
        let UnbufferedStatus { state, .. } =
            self.connection.process_tls_records(self.received.filled());
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) = state {
            let said = append(&mut self.unsent, |room| Ok(traffic.queue_close_notify(room)?));
            // The peer learns of the end by TCP, too.
            let _ = said.map(|()| self.send(stream));
        }
    }

    /// What has to happen to the socket before something can go on.
    fn interest(&self) -> Interest {
        if self.is_sent() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE }
    }

    /// Sends what has not been sent, as far as the socket takes it.
    fn send(&mut self, stream: &TcpStream) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match stream.try_write(self.unsent.filled()) {
                Ok(count) => self.unsent.discard(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Tells the peer what is wrong with it, if the socket takes that now: the connection is over either way.
    fn send_alert(&mut self, stream: &TcpStream) {
        let _ = self.send(stream);
    }

    fn receive(&mut self, stream: &TcpStream) -> io::Result<Received> {
        let room = self.received.room();
        if room.is_empty() {
            let error = rustls::Error::from(InvalidMessage::HandshakePayloadTooLarge);
            return Err(TlsError::from(error).into());
        }
        match stream.try_read(room) {
            Ok(0) => Ok(Received::End),
            Ok(count) => {
                self.received.fill(count);
                Ok(Received::Some)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Received::Nothing),
            Err(error) => Err(error),
        }
    }

    fn advance_unread(&mut self, chunk: &[u8]) -> Result<(), TlsError> {
        let mut early = std::mem::take(&mut self.early);
        let advanced = self.advance(&mut early, usize::MAX, chunk);
        self.early = early;
        advanced
    }

    /// Decrypts the records that are here as a whole, the first of them and those that fit into `plain` up to `room`;
    /// encrypts what TLS itself wants to send, and `chunk` behind it.
    fn advance(&mut self, plain: &mut BytesMut, room: usize, chunk: &[u8]) -> Result<(), TlsError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let is_handshaking = self.connection.is_handshaking();
        let before = plain.len();
        let mut chunk = chunk;
        loop {
            let UnbufferedStatus { mut discard, state } =
                self.connection.process_tls_records(self.received.filled());
            let is_done = match state {
                Ok(ConnectionState::ReadTraffic(traffic)) => {
                    let taken = take(traffic, plain, before, room);
                    discard += taken.as_ref().map_or(0, |taken| taken.discard);
                    taken.map(|taken| taken.is_full)
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    append(&mut self.unsent, |room| Ok(data.encode(room)?)).map(|()| false)
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    data.done();
                    Ok(false)
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.is_closed = true;
                    Ok(false)
                }
                Ok(ConnectionState::WriteTraffic(mut traffic)) if !chunk.is_empty() => {
                    let chunk = std::mem::take(&mut chunk);
                    append(&mut self.unsent, |room| Ok(traffic.encrypt(chunk, room)?))
                        .map(|()| false)
                }
                Ok(_) if chunk.is_empty() => Ok(true),
                Ok(_) => Err(rustls::Error::HandshakeNotComplete.into()),
                Err(error) if is_handshaking => Err(TlsError::in_handshake(error)),
                Err(error) => Err(error.into()),
            };
            self.received.discard(discard);
            match is_done {
                Ok(false) => {}
                Ok(true) => return Ok(()),
                Err(error) => {
                    self.encode_alert();
                    return Err(self.failure.insert(error).clone());
                }
            }
        }
    }

    /// Encodes what tells the peer of an error. What came in behind the error must not be looked at any more.
    fn encode_alert(&mut self) {
        while self.connection.wants_write() {
            let UnbufferedStatus { discard, state } =
                self.connection.process_tls_records(self.received.filled());
            let encoded = match state {
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    append(&mut self.unsent, |room| Ok(data.encode(room)?))
                }
                _ => return,
            };
            self.received.discard(discard);
            if encoded.is_err() {
                return;
            }
        }
    }
}

/// What came of taking records.
struct Taken {
    /// Bytes of what was received that are no longer needed.
    discard: usize,
    /// Whether some are left, for want of room.
    is_full: bool,
}

/// Takes decrypted records, the first and those that fit into `plain` up to `room`.
fn take(
    mut traffic: ReadTraffic<'_, '_, ClientConnectionData>,
    plain: &mut BytesMut,
    before: usize,
    room: usize,
) -> Result<Taken, TlsError> {
    let mut discard = 0;
    while let Some(length) = traffic.peek_len() {
        if plain.len() > before && plain.len() + length.get() > room {
            return Ok(Taken { discard, is_full: true });
        }
        if let Some(record) = traffic.next_record() {
            let record = record?;
            plain.extend_from_slice(record.payload);
            discard += record.discard;
        }
    }
    Ok(Taken { discard, is_full: false })
}

/// Why nothing was put into the room.
enum Refused {
    TooSmall(usize),
    Never,
}

impl From<EncodeError> for Refused {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Self::TooSmall(required_size)
            }
            EncodeError::AlreadyEncoded => Self::Never,
        }
    }
}

impl From<EncryptError> for Refused {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Self::TooSmall(required_size)
            }
            EncryptError::EncryptExhausted => Self::Never,
        }
    }
}

/// Puts something behind what is in `buffer`, which grows to hold it.
fn append(
    buffer: &mut Ciphertext,
    mut put: impl FnMut(&mut [u8]) -> Result<usize, Refused>,
) -> Result<(), TlsError> {
    loop {
        match put(buffer.room()) {
            Ok(count) => {
                buffer.fill(count);
                return Ok(());
            }
            Err(Refused::TooSmall(needed)) => buffer.reserve(needed),
            Err(Refused::Never) => return Err(rustls::Error::EncryptError.into()),
        }
    }
}

impl std::fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsSession")
            .field("version", &self.connection.protocol_version())
            .field("cipher", &self.connection.negotiated_cipher_suite().map(|suite| suite.suite()))
            .finish_non_exhaustive()
    }
}

use std::io::{self, ErrorKind};

use bytes::BytesMut;

use super::output::Output;
use super::session::Session;
use super::transport::Transport;
use crate::Error;

/// A client's connection: reads much at once, answers all that is there, writes it at once.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) transport: Transport,
    session: Session,
    input: BytesMut,
    output: Output,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Open,
    Closed,
}

impl Connection {
    pub(super) fn new(transport: Transport, session: Session) -> Self {
        Self { transport, session, input: BytesMut::new(), output: Output::default() }
    }

    /// Does what can be done without waiting. Nothing is read while answers wait to be written.
    pub(super) fn drive(&mut self, buffer: &mut [u8]) -> Result<Life, Error> {
        loop {
            if !self.flush()? {
                return Ok(Life::Open);
            }
            let read = match self.transport.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Life::Open),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return Ok(Life::Closed);
                }
                Ok(0) => return Ok(Life::Closed),
                read => read?,
            };
            self.input.extend_from_slice(&buffer[..read]);
            self.session.receive(&mut self.input, &mut self.output)?;
        }
    }

    /// Whether all that was to be written has been.
    fn flush(&mut self) -> io::Result<bool> {
        while !self.output.is_empty() {
            let transport = &mut self.transport;
            if unless_blocked(self.output.write(|pieces| transport.write(pieces)))?.is_none() {
                return Ok(false);
            }
        }
        Ok(unless_blocked(self.transport.flush())?.is_some())
    }
}

fn unless_blocked<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        result => result.map(Some),
    }
}

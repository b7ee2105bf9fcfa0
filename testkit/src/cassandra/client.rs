use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::Credentials;

const VERSION: u8 = 4;
const CONSISTENCY_ONE: u16 = 1;
pub(super) const CONSISTENCY_ALL: u16 = 5;

/// A row of a result, a cell a column.
pub(super) type Row = Vec<Option<Vec<u8>>>;

/// A blocking CQL connection with one request at a time: what it takes to ask a node whether it is ready.
pub(super) struct Connection {
    stream: TcpStream,
}

impl Connection {
    /// Connects in plain text. The time bounds the connect and then each read and write.
    pub(super) fn open(address: SocketAddr, time: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, time)?;
        stream.set_read_timeout(Some(time))?;
        stream.set_write_timeout(Some(time))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Whether the node speaks CQL at all; needs no login.
    pub(super) fn options(&mut self) -> io::Result<()> {
        match self.request(opcode::OPTIONS, &[])? {
            (opcode::SUPPORTED, _) => Ok(()),
            (other, _) => Err(unexpected(other)),
        }
    }

    pub(super) fn startup(&mut self, login: Option<&Credentials>) -> io::Result<()> {
        let mut body = 1u16.to_be_bytes().to_vec();
        put_string(&mut body, "CQL_VERSION");
        put_string(&mut body, "3.0.0");
        match (self.request(opcode::STARTUP, &body)?, login) {
            ((opcode::READY, _), _) => Ok(()),
            ((opcode::AUTHENTICATE, _), Some(login)) => {
                let token = format!("\0{}\0{}", login.user, login.password);
                let mut body = length(token.len()).to_vec();
                body.extend_from_slice(token.as_bytes());
                match self.request(opcode::AUTH_RESPONSE, &body)? {
                    (opcode::AUTH_SUCCESS, _) => Ok(()),
                    (other, _) => Err(unexpected(other)),
                }
            }
            ((other, _), _) => Err(unexpected(other)),
        }
    }

    /// Asks for rows at consistency ONE.
    pub(super) fn rows(&mut self, cql: &str) -> io::Result<Vec<Row>> {
        self.rows_at(cql, CONSISTENCY_ONE)
    }

    pub(super) fn rows_at(&mut self, cql: &str, consistency: u16) -> io::Result<Vec<Row>> {
        let mut body = length(cql.len()).to_vec();
        body.extend_from_slice(cql.as_bytes());
        body.extend_from_slice(&consistency.to_be_bytes());
        body.push(0);
        match self.request(opcode::QUERY, &body)? {
            (opcode::RESULT, body) => Reader(&body).rows(),
            (other, _) => Err(unexpected(other)),
        }
    }

    fn request(&mut self, opcode: u8, body: &[u8]) -> io::Result<(u8, Vec<u8>)> {
        let mut frame = vec![VERSION, 0, 0, 0, opcode];
        frame.extend_from_slice(&length(body.len()));
        frame.extend_from_slice(body);
        self.stream.write_all(&frame)?;

        let mut header = [0; 9];
        self.stream.read_exact(&mut header)?;
        let [version, flags, _, _, opcode, length @ ..] = header;
        if version != VERSION | 0x80 || flags & !flag::WARNING != 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the answer is no CQL version 4 frame",
            ));
        }
        let mut body = Vec::new();
        (&self.stream).take(u64::from(u32::from_be_bytes(length))).read_to_end(&mut body)?;
        if flags & flag::WARNING != 0 {
            let mut reader = Reader(&body);
            for _ in 0..reader.short()? {
                reader.string()?;
            }
            body = reader.0.to_vec();
        }
        if opcode == opcode::ERROR {
            let mut reader = Reader(&body);
            reader.int()?;
            return Err(io::Error::other(String::from_utf8_lossy(reader.string()?).into_owned()));
        }
        Ok((opcode, body))
    }
}

mod opcode {
    pub(super) const ERROR: u8 = 0x00;
    pub(super) const STARTUP: u8 = 0x01;
    pub(super) const READY: u8 = 0x02;
    pub(super) const AUTHENTICATE: u8 = 0x03;
    pub(super) const OPTIONS: u8 = 0x05;
    pub(super) const SUPPORTED: u8 = 0x06;
    pub(super) const QUERY: u8 = 0x07;
    pub(super) const RESULT: u8 = 0x08;
    pub(super) const AUTH_RESPONSE: u8 = 0x0F;
    pub(super) const AUTH_SUCCESS: u8 = 0x10;
}

mod flag {
    pub(super) const WARNING: u8 = 0x08;
}

fn unexpected(opcode: u8) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("unexpected answer with opcode {opcode:#04x}"),
    )
}

fn put_string(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

/// Cuts values off the front of a message body.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.0 = rest;
        Ok(head)
    }

    fn short(&mut self) -> io::Result<u16> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn int(&mut self) -> io::Result<i32> {
        let bytes = self.take(4)?;
        Ok(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn string(&mut self) -> io::Result<&'a [u8]> {
        let length = self.short()?;
        self.take(length.into())
    }

    /// Reads a result of kind Rows whose columns are all of one table and of native types or sets and lists of them.
    fn rows(&mut self) -> io::Result<Vec<Row>> {
        const ROWS: i32 = 2;
        const GLOBAL_TABLE_ONLY: i32 = 1;
        if self.int()? != ROWS || self.int()? != GLOBAL_TABLE_ONLY {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the answer has no rows of the expected form",
            ));
        }
        let columns = self.int()?;
        self.string()?;
        self.string()?;
        for _ in 0..columns {
            self.string()?;
            if matches!(self.short()?, 0x20 | 0x22) {
                self.short()?;
            }
        }
        let rows = self.int()?;
        (0..rows).map(|_| (0..columns).map(|_| self.cell()).collect()).collect()
    }

    fn cell(&mut self) -> io::Result<Option<Vec<u8>>> {
        match usize::try_from(self.int()?) {
            Ok(length) => Ok(Some(self.take(length)?.to_vec())),
            Err(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_past_their_metadata_and_nulls_stay_nulls() {
        let mut body = Vec::new();
        for int in [2i32, 1, 2] {
            body.extend_from_slice(&int.to_be_bytes());
        }
        put_string(&mut body, "system");
        put_string(&mut body, "peers_v2");
        put_string(&mut body, "host_id");
        body.extend_from_slice(&[0, 0x0C]);
        put_string(&mut body, "tokens");
        body.extend_from_slice(&[0, 0x22, 0, 0x0D]);
        body.extend_from_slice(&1i32.to_be_bytes());
        body.extend_from_slice(&[0, 0, 0, 2, 7, 7, 0xFF, 0xFF, 0xFF, 0xFF]);

        assert_eq!(Reader(&body).rows().unwrap(), [vec![Some(vec![7, 7]), None]]);
        body.pop();
        assert!(Reader(&body).rows().is_err());
    }
}

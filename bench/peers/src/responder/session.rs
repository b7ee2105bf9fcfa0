use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use bytes::{Buf, BytesMut};
use helenus_protocol::{
    Compression, ErrorKind, Execute, FrameHeader, Opcode, ProtocolVersion, Request, Response,
    SegmentDecoder, SegmentEncoder, SegmentFormat, ServerError, Startup, Supported,
};

use super::answers::Answers;
use super::dialect::Dialect;
use super::output::Output;
use super::select::Select;
use super::statement::{ID, Statement, Statements};
use super::system::SystemTables;
use crate::Error;

/// The largest request that is taken, in bytes.
const MAX_REQUEST: usize = 1 << 20;

const COMPRESSED: u8 = 0x01;
const VALUES: u8 = 0x01;
const SKIP_METADATA: u8 = 0x02;
const NAMES: u8 = 0x40;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    tables: SystemTables,
    statements: RefCell<Statements>,
    answers: Vec<(Dialect, Rc<Answers>)>,
}

/// One connection's talk, without its socket.
#[derive(Debug)]
pub(super) struct Session {
    shared: Rc<Shared>,
    node: usize,
    dialect: Dialect,
    answers: Rc<Answers>,
    segments: Option<Segments>,
}

#[derive(Debug)]
struct Segments {
    decoder: SegmentDecoder,
    encoder: SegmentEncoder,
    /// Of a frame that is larger than a segment.
    unwrapped: BytesMut,
    answers: Output,
    /// Those in one piece.
    frames: Vec<u8>,
}

/// What decides how a row is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Keyed {
    key: [u8; 8],
    skip_metadata: bool,
}

impl Shared {
    pub(super) fn new(tables: SystemTables) -> Result<Self, Error> {
        let answers = |dialect| Ok::<_, Error>((dialect, Rc::new(Answers::new(dialect)?)));
        let answers = Dialect::ALL.into_iter().map(answers).collect::<Result<_, _>>()?;
        Ok(Self { tables, statements: RefCell::default(), answers })
    }

    fn answers(&self, dialect: Dialect) -> Result<Rc<Answers>, Error> {
        let found = self.answers.iter().find(|(known, _)| *known == dialect);
        Ok(Rc::clone(&found.ok_or("a dialect has no answers")?.1))
    }
}

impl Session {
    pub(super) fn new(shared: Rc<Shared>, node: usize) -> Result<Self, Error> {
        let dialect = Dialect::V4;
        let answers = shared.answers(dialect)?;
        Ok(Self { shared, node, dialect, answers, segments: None })
    }

    /// Takes all requests that are in `input` to their end, and appends their answers to `out`.
    pub(super) fn receive(&mut self, input: &mut BytesMut, out: &mut Output) -> Result<(), Error> {
        while self.segments.is_none() {
            let Some(length) = frame_length(input)? else { return Ok(()) };
            self.answer(&input.split_to(length), out)?;
        }
        let Some(mut segments) = self.segments.take() else { return Ok(()) };
        let received = self.receive_segments(&mut segments, input);
        segments.answers.take(&mut segments.frames);
        segments.encoder.encode(&segments.frames, out.end());
        segments.frames.clear();
        self.segments = Some(segments);
        received
    }

    fn receive_segments(
        &mut self,
        segments: &mut Segments,
        input: &mut BytesMut,
    ) -> Result<(), Error> {
        while let Some(segment) = segments.decoder.decode(input)? {
            let mut frames = &segment.payload[..];
            if segment.is_self_contained {
                while let Some(length) = frame_length(frames)? {
                    self.answer(&frames[..length], &mut segments.answers)?;
                    frames.advance(length);
                }
                continue;
            }
            segments.unwrapped.extend_from_slice(frames);
            while let Some(length) = frame_length(&segments.unwrapped)? {
                let frame = segments.unwrapped.split_to(length);
                self.answer(&frame, &mut segments.answers)?;
            }
        }
        Ok(())
    }

    fn answer(&mut self, frame: &[u8], out: &mut Output) -> Result<(), Error> {
        let header = FrameHeader::decode(frame)?.ok_or("a frame without a header")?;
        let body = self.open(&header, &frame[FrameHeader::LENGTH..])?;
        if header.opcode == Opcode::Execute {
            return self.execute(&header, &body, out);
        }
        // Until STARTUP nothing is agreed on but what the request is written in.
        if header.opcode == Opcode::Options {
            self.speak(header.version, None)?;
        }
        let response = match Request::decode(header.version, header.opcode, &body)? {
            Request::Options => Response::Supported(supported()),
            Request::Startup(startup) => return self.start(&header, &startup, out),
            Request::Register(_) => Response::Ready,
            Request::Prepare(prepare) => {
                let mut statements = self.shared.statements.borrow_mut();
                match statements.prepare(prepare.cql, header.version, &self.shared.tables) {
                    Ok(prepared) => Response::Prepared(prepared),
                    Err(error) => Response::Error(error),
                }
            }
            Request::Query(query) => match Statement::parse(query.cql) {
                Ok(Statement::System(select)) => self.select(&select),
                Ok(_) => refused("it is answered only when it is prepared"),
                Err(error) => Response::Error(error),
            },
            _ => refused("there is no answer to that"),
        };
        out.end().extend(self.dialect.frame(response, header.stream)?);
        Ok(())
    }

    fn open<'a>(&self, header: &FrameHeader, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
        let is_compressed = header.flags.bits() & COMPRESSED != 0;
        match self.dialect.compression().filter(|_| is_compressed) {
            Some(compression) => Ok(compression.decompress(body, MAX_REQUEST)?.into()),
            None => Ok(body.into()),
        }
    }

    fn start(
        &mut self,
        header: &FrameHeader,
        startup: &Startup,
        out: &mut Output,
    ) -> Result<(), Error> {
        let compression = match startup.option("COMPRESSION") {
            None => None,
            Some("lz4") => Some(Compression::Lz4),
            Some(other) => return Err(format!("there is no compression {other:?}").into()),
        };
        self.speak(header.version, compression)?;
        out.end().extend(self.dialect.frame(Response::Ready, header.stream)?);
        if header.version == ProtocolVersion::V5 {
            let format = match compression {
                Some(_) => SegmentFormat::Lz4,
                None => SegmentFormat::Plain,
            };
            self.segments = Some(Segments {
                decoder: SegmentDecoder::new(format),
                encoder: SegmentEncoder::new(format),
                unwrapped: BytesMut::new(),
                answers: Output::default(),
                frames: Vec::new(),
            });
        }
        Ok(())
    }

    fn speak(
        &mut self,
        version: ProtocolVersion,
        compression: Option<Compression>,
    ) -> Result<(), Error> {
        self.dialect = match (version, compression) {
            (ProtocolVersion::V4, None) => Dialect::V4,
            (ProtocolVersion::V4, Some(_)) => Dialect::V4Lz4,
            (ProtocolVersion::V5, _) => Dialect::V5,
        };
        self.answers = self.shared.answers(self.dialect)?;
        Ok(())
    }

    fn execute(&self, header: &FrameHeader, body: &[u8], out: &mut Output) -> Result<(), Error> {
        let stream = header.stream.to_be_bytes();
        let statements = self.shared.statements.borrow();
        let place = body.get(ID..ID + 2).and_then(|place| place.try_into().ok());
        let place = u16::from_be_bytes(place.ok_or("an EXECUTE without an id")?);
        match statements.at(place).ok_or("an EXECUTE of what was never prepared")? {
            Statement::Read => {
                let Keyed { key, skip_metadata } = keyed(header.version, body)?;
                self.answers.row(stream, key, skip_metadata, out.end());
            }
            Statement::Write => {
                keyed(header.version, body)?;
                self.answers.void(stream, out.end());
            }
            Statement::Scan => {
                let Request::Execute(Execute { parameters, .. }) =
                    Request::decode(header.version, header.opcode, body)?
                else {
                    return Err("an EXECUTE that is none".into());
                };
                let (state, skip) = (parameters.paging_state, parameters.skip_metadata);
                out.share(self.answers.pages.page(state, skip)?, stream);
            }
            Statement::System(select) => {
                out.end().extend(self.dialect.frame(self.select(select), header.stream)?);
            }
        }
        Ok(())
    }

    fn select(&self, select: &Select) -> Response {
        match self.shared.tables.select(self.node, select) {
            Ok(rows) => Response::Rows(rows),
            Err(error) => Response::Error(error),
        }
    }
}

/// Bytes of the first frame, if all of it is here.
fn frame_length(input: &[u8]) -> Result<Option<usize>, Error> {
    let Some(&[.., l0, l1, l2, l3]) = input.first_chunk::<{ FrameHeader::LENGTH }>() else {
        return Ok(None);
    };
    let body = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    if body > MAX_REQUEST {
        return Err(format!("a request of {body} bytes").into());
    }
    let length = FrameHeader::LENGTH + body;
    Ok((input.len() >= length).then_some(length))
}

/// Reads of an EXECUTE what its answer depends on. Its fields have known places up to the first value.
fn keyed(version: ProtocolVersion, body: &[u8]) -> Result<Keyed, Error> {
    let mut left = body.get(2 + ID..).ok_or("an EXECUTE that ends with its id")?;
    let flags = match version {
        ProtocolVersion::V4 => {
            left.advance(2);
            left.try_get_u8()?
        }
        ProtocolVersion::V5 => {
            let metadata_id = left.try_get_u16()?;
            left = left.get(usize::from(metadata_id) + 2..).ok_or("an EXECUTE without flags")?;
            // All flags that mean something here are in the lowest byte.
            left.try_get_u32()? as u8
        }
    };
    if flags & (VALUES | NAMES) != VALUES {
        return Err("an EXECUTE without values by position".into());
    }
    let (_count, length) = (left.try_get_u16()?, left.try_get_i32()?);
    let key = left.first_chunk().filter(|_| length == 8).ok_or("a key that is no bigint")?;
    Ok(Keyed { key: *key, skip_metadata: flags & SKIP_METADATA != 0 })
}

fn supported() -> Supported {
    let options = [
        ("PROTOCOL_VERSIONS", &["4/v4", "5/v5"][..]),
        ("COMPRESSION", &["lz4"]),
        ("CQL_VERSION", &["3.4.7"]),
    ];
    let owned = |values: &[&str]| values.iter().map(ToString::to_string).collect();
    Supported { options: options.map(|(name, values)| (name.to_owned(), owned(values))).into() }
}

fn refused(why: &str) -> Response {
    Response::Error(ServerError::new(ErrorKind::Invalid, why))
}

#[cfg(test)]
mod tests;

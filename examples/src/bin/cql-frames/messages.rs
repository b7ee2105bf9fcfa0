use std::error::Error;
use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use helenus::{Compression, Value};
use helenus_protocol::{
    Direction, FrameCodec, FrameHeader, ProtocolVersion, Request, RequestBody, Response,
    ResponseBody, Row, Rows, SegmentDecoder, SegmentFormat,
};

/// The largest message that is printed, in bytes.
const MAX_BODY: usize = 256 * 1024 * 1024;

/// Cuts messages out of a byte stream, as the end that it was sent to would.
pub(crate) struct Messages {
    /// What has not been read, as it was on the wire.
    wire: BytesMut,
    /// What segments held, once the stream consists of them.
    frames: BytesMut,
    segments: Option<SegmentDecoder>,
    compression: Option<Compression>,
}

/// A message in words.
pub(crate) struct Message {
    header: FrameHeader,
    text: String,
}

impl Messages {
    pub(crate) fn new(input: &[u8], compression: Option<Compression>) -> Self {
        let wire = BytesMut::from(input);
        Self { wire, frames: BytesMut::new(), segments: None, compression }
    }

    /// The next message; `None` where the stream, or what is whole of it, ends.
    pub(crate) fn next_message(&mut self) -> Result<Option<Message>, Box<dyn Error>> {
        loop {
            if let Some((header, body)) = self.cut()? {
                return self.read(header, body).map(Some);
            }
            let Some(segments) = &self.segments else { return Ok(None) };
            match segments.decode(&mut self.wire)? {
                Some(segment) => self.frames.extend_from_slice(&segment.payload),
                None => return Ok(None),
            }
        }
    }

    /// Bytes behind the last whole message.
    pub(crate) fn left_over(&self) -> usize {
        self.wire.len() + self.frames.len()
    }

    fn cut(&mut self) -> Result<Option<(FrameHeader, Bytes)>, Box<dyn Error>> {
        let buffer = if self.segments.is_some() { &mut self.frames } else { &mut self.wire };
        let Some(header) = FrameHeader::decode(buffer)? else { return Ok(None) };
        let end = FrameHeader::LENGTH + header.length as usize;
        if buffer.len() < end {
            return Ok(None);
        }
        buffer.advance(FrameHeader::LENGTH);
        Ok(Some((header, buffer.split_to(header.length as usize).freeze())))
    }

    fn read(&mut self, header: FrameHeader, body: Bytes) -> Result<Message, Box<dyn Error>> {
        let FrameHeader { version, flags, opcode, direction, .. } = header;
        let codec = FrameCodec { compression: self.compression, ..FrameCodec::new(version) };
        let body = codec.open(&header, body, MAX_BODY)?;
        let (text, ends_handshake) = match direction {
            Direction::Request => {
                let body = RequestBody::decode(version, flags, opcode, &body)?;
                if let Request::Startup(startup) = &body.request {
                    let name = startup.option("COMPRESSION");
                    self.compression = name.map(str::parse).transpose()?;
                }
                (format!("{:?}", body.request), matches!(body.request, Request::Startup(_)))
            }
            Direction::Response => {
                let body = ResponseBody::decode(version, flags, opcode, &body)?;
                let is_answer_to_startup =
                    matches!(body.response, Response::Ready | Response::Authenticate { .. });
                (describe(&body), is_answer_to_startup)
            }
        };
        // Everything behind STARTUP and its answer stands in segments.
        if version == ProtocolVersion::V5 && ends_handshake && self.segments.is_none() {
            let format = match self.compression {
                Some(Compression::Lz4) => SegmentFormat::Lz4,
                _ => SegmentFormat::Plain,
            };
            self.segments = Some(SegmentDecoder::new(format));
        }
        Ok(Message { header, text })
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameHeader { version, stream, direction, length, .. } = self.header;
        let arrow = match direction {
            Direction::Request => "→",
            Direction::Response => "←",
        };
        write!(f, "{arrow} {version} stream {stream:>5} {length:>7} bytes  {}", self.text)
    }
}

fn describe(body: &ResponseBody) -> String {
    let mut text = match &body.response {
        Response::Rows(rows) => describe_rows(rows),
        other => format!("{other:?}"),
    };
    if let Some(id) = body.tracing_id {
        text.push_str(&format!("\n    traced as {id}"));
    }
    for warning in &body.warnings {
        text.push_str(&format!("\n    warning: {warning}"));
    }
    for (name, bytes) in &body.payload {
        text.push_str(&format!("\n    payload {name}: {bytes:?}"));
    }
    text
}

/// The rows with their values, where the columns are there to tell what they are.
fn describe_rows(rows: &Rows) -> String {
    let more = if rows.metadata.paging_state.is_some() { ", more pages" } else { "" };
    let mut text = format!("Rows({} rows{more})", rows.count);
    let Some(columns) = &rows.metadata.columns else {
        text.push_str(" without columns: the client knows them from PREPARE");
        return text;
    };
    let names: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect();
    text.push_str(&format!("\n    {}", names.join(", ")));
    let typed = rows.typed::<Row<'_>>(columns);
    for row in typed.into_iter().flatten() {
        let line = match row.and_then(values) {
            Ok(values) => values.join(", "),
            Err(error) => format!("unreadable: {error}"),
        };
        text.push_str(&format!("\n    {line}"));
    }
    text
}

fn values(mut row: Row<'_>) -> Result<Vec<String>, helenus::DecodeRowError> {
    let columns = row.columns().len();
    (0..columns).map(|_| Ok(format!("{:?}", row.value::<Value>()?))).collect()
}

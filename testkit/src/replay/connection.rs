//! A client of a replay.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use helenus_protocol::{
    Compression, Dialect, Direction, ErrorKind, FrameCodec, FrameHeader, Opcode, ProtocolVersion,
    Request, Response, SegmentFormat, ServerError,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::answers::{Answers, RecordedAnswer, agreed_dialect};
use super::request_key::{RequestKey, describe};
use crate::server::{DelayedAnswers, Framing};

/// Bytes that a compressed request may become.
const LONGEST_REQUEST: usize = 256 * 1024 * 1024;

/// Serves a client until one side closes.
pub(super) async fn serve(stream: TcpStream, answers: Arc<Answers>, keeps_time: bool) {
    let version = answers.versions.last().copied().unwrap_or(ProtocolVersion::V4);
    let connection = Connection {
        stream,
        answers,
        keeps_time,
        codec: FrameCodec::new(version),
        dialect: version.into(),
        framing: Framing::Bare,
        input: BytesMut::new(),
        frames: Vec::new(),
        output: Vec::new(),
        delayed: DelayedAnswers::default(),
    };
    if let Err(error) = connection.run().await {
        tracing::debug!(%error, "a replay's connection ended");
    }
}

struct Connection {
    stream: TcpStream,
    answers: Arc<Answers>,
    keeps_time: bool,
    codec: FrameCodec,
    dialect: Dialect,
    framing: Framing,
    input: BytesMut,
    /// Answers that are not in `output` yet.
    frames: Vec<u8>,
    output: Vec<u8>,
    delayed: DelayedAnswers,
}

impl Connection {
    async fn run(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        loop {
            tokio::select! {
                read = self.stream.read_buf(&mut self.input) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    let goes_on = self.answer_all();
                    self.write().await?;
                    if !goes_on {
                        return self.stream.shutdown().await;
                    }
                }
                () = self.delayed.due() => {
                    self.delayed.take_due(&mut self.output);
                    self.write().await?;
                }
            }
        }
    }

    async fn write(&mut self) -> io::Result<()> {
        self.framing.wrap(&mut self.frames, &mut self.output);
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(())
    }

    /// Answers what has come; whether the connection goes on.
    fn answer_all(&mut self) -> bool {
        loop {
            match self.next() {
                Ok(Some((header, body))) => self.answer(&header, &body),
                Ok(None) => return true,
                Err(problem) => {
                    self.fail(0, ErrorKind::ProtocolError, &problem);
                    return false;
                }
            }
        }
    }

    /// The next request, with its body as it was written.
    fn next(&mut self) -> Result<Option<(FrameHeader, Bytes)>, String> {
        let frames = self.framing.unwrap(&mut self.input).map_err(|error| error.to_string())?;
        let Some(header) = FrameHeader::decode(frames).map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        if header.direction != Direction::Request {
            return Err("a response is no request".to_owned());
        }
        if !self.answers.versions.contains(&header.version) {
            let versions: Vec<_> = self.answers.versions.iter().map(ToString::to_string).collect();
            let (asked, recorded) = (header.version.number(), versions.join(", "));
            return Err(format!(
                "Invalid or unsupported protocol version ({asked}); the recording has {recorded}"
            ));
        }
        let end = FrameHeader::LENGTH + usize::try_from(header.length).unwrap_or(usize::MAX);
        if frames.len() < end {
            return Ok(None);
        }
        let mut body = frames.split_to(end).freeze();
        body.advance(FrameHeader::LENGTH);
        let body = self.codec.open(&header, body, LONGEST_REQUEST);
        Ok(Some((header, body.map_err(|error| error.to_string())?)))
    }

    fn answer(&mut self, header: &FrameHeader, body: &Bytes) {
        if header.opcode == Opcode::Startup {
            self.codec.version = header.version;
            self.dialect = agreed_dialect(header, body);
        }
        let key = RequestKey::new(self.dialect, header, body);
        match self.answers.clone().next(&key) {
            Some(answer) => self.repeat(header, answer),
            None => {
                let request = describe(self.dialect, header, body);
                let problem = format!("the recording has no answer to {request}");
                self.answers.note_unanswered(request);
                self.fail(header.stream, ErrorKind::Invalid, &problem);
            }
        }
        if header.opcode == Opcode::Startup {
            self.agree(header, body);
        }
    }

    fn repeat(
        &mut self,
        asked: &FrameHeader,
        RecordedAnswer { header, body, after }: &RecordedAnswer,
    ) {
        let start = self.frames.len();
        FrameHeader { stream: asked.stream, ..*header }.encode(&mut self.frames);
        self.frames.extend_from_slice(body);
        // What comes behind the answer to STARTUP depends on it.
        if self.keeps_time && *after > Duration::ZERO && asked.opcode != Opcode::Startup {
            let mut answer = self.frames.split_off(start);
            self.framing.wrap(&mut self.frames, &mut self.output);
            let mut late = Vec::new();
            self.framing.wrap(&mut answer, &mut late);
            self.delayed.push(*after, late);
        }
    }

    /// STARTUP was answered: what follows travels as the client asked for.
    fn agree(&mut self, header: &FrameHeader, body: &Bytes) {
        let Ok(Request::Startup(startup)) = Request::decode(header.version, header.opcode, body)
        else {
            return;
        };
        let name = startup.option("COMPRESSION").map(str::to_ascii_lowercase);
        self.codec.compression = name.and_then(|name| name.parse().ok());
        if header.version == ProtocolVersion::V5 {
            let format = match self.codec.compression {
                Some(Compression::Lz4) => SegmentFormat::Lz4,
                _ => SegmentFormat::Plain,
            };
            self.framing.wrap(&mut self.frames, &mut self.output);
            self.framing = Framing::segmented(format);
        }
    }

    fn fail(&mut self, stream: i16, kind: ErrorKind, problem: &str) {
        let error = Response::Error(ServerError::new(kind, problem));
        // A message of this length always fits.
        let _ = self.codec.encode_response(&error.into(), stream, &mut self.frames);
    }
}

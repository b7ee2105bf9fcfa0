//! What a proxy knows of the two who talk through it.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use helenus_protocol::{
    Compression, Dialect, ErrorKind, FrameCodec, FrameFlags, FrameHeader, Opcode, ProtocolVersion,
    Request, RequestBody, Response, ResponseBody, ScyllaExtensions, SegmentFormat, ServerError,
    Startup, Statement,
};

use super::state::OpenConnection;
use crate::fault::{Effect, Occasion, RequestOccasion};

/// Bytes that a compressed body may become.
const LONGEST_BODY: usize = 256 * 1024 * 1024;

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Passage {
    Forward,
    /// The node does not hear of it: this is the answer, and what faults are to make of it.
    Refuse(Vec<u8>, Vec<Effect>),
}

/// What becomes of a frame for the client.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// What faults are to make of it.
    pub(super) effects: Vec<Effect>,
    /// What comes behind it, in both directions, is in segments.
    pub(super) segments: Option<SegmentFormat>,
}

#[derive(Debug)]
pub(super) struct Conversation {
    open: Arc<OpenConnection>,
    codec: FrameCodec,
    dialect: Dialect,
    is_ready: bool,
    /// The stream of STARTUP, and how v5 goes on once it is answered.
    starting: Option<(i16, Option<SegmentFormat>)>,
    /// What is to become of answers, by their streams.
    effects: HashMap<i16, Vec<Effect>>,
    /// What is being prepared, by the streams.
    preparing: HashMap<i16, Arc<str>>,
}

impl Conversation {
    pub(super) fn new(open: Arc<OpenConnection>) -> Self {
        let version = ProtocolVersion::V4;
        Self {
            open,
            codec: FrameCodec::new(version),
            dialect: version.into(),
            is_ready: false,
            starting: None,
            effects: HashMap::new(),
            preparing: HashMap::new(),
        }
    }

    /// Looks at a request: header and body.
    pub(super) fn request(&mut self, header: &FrameHeader, frame: &Bytes) -> Passage {
        if !self.is_ready {
            self.codec.version = header.version;
            self.dialect.version = header.version;
        }
        let is_looked_at =
            matches!(header.opcode, Opcode::Startup | Opcode::Prepare | Opcode::Register)
                || self.open.state.faults.any();
        let Some(body) = is_looked_at.then(|| self.body(header, frame)).flatten() else {
            return Passage::Forward;
        };
        let Ok(RequestBody { request, .. }) =
            RequestBody::decode(self.dialect, header.flags, header.opcode, &body)
        else {
            return Passage::Forward;
        };
        self.heed(header.stream, &request);
        let effects = self.strike(&request);
        match refusal(&request, &effects) {
            Some(error) => {
                let mut answer = Vec::new();
                let body = ResponseBody::from(Response::Error(error));
                match self.codec.encode_response(&body, header.stream, &mut answer) {
                    Ok(()) => Passage::Refuse(answer, effects),
                    Err(_) => Passage::Forward,
                }
            }
            None => {
                if !effects.is_empty() {
                    self.effects.insert(header.stream, effects);
                }
                Passage::Forward
            }
        }
    }

    /// Remembers what the answer will be understood by.
    fn heed(&mut self, stream: i16, request: &Request<'_>) {
        match request {
            Request::Startup(startup) => self.start(stream, startup),
            Request::Prepare(prepare) => {
                self.preparing.insert(stream, prepare.cql.into());
            }
            Request::Register(_) => self.open.state.note_listener(self.open.id),
            _ => {}
        }
    }

    fn start(&mut self, stream: i16, startup: &Startup) {
        let name = startup.option("COMPRESSION").map(str::to_ascii_lowercase);
        self.codec.compression = name.and_then(|name| name.parse().ok());
        if let Ok(extensions) = ScyllaExtensions::from_startup(startup) {
            self.dialect = extensions.dialect(self.codec.version);
        }
        let format = match self.codec.compression {
            Some(Compression::Lz4) => SegmentFormat::Lz4,
            _ => SegmentFormat::Plain,
        };
        let is_v5 = self.codec.version == ProtocolVersion::V5;
        self.starting = Some((stream, is_v5.then_some(format)));
    }

    fn strike(&self, request: &Request<'_>) -> Vec<Effect> {
        let faults = &self.open.state.faults;
        if !faults.any() {
            return Vec::new();
        }
        faults.strike(&Occasion::Request(RequestOccasion {
            opcode: request.opcode(),
            connection: self.open.id,
            is_handshake: !self.is_ready,
            statements: self.texts(request),
        }))
    }

    /// The texts of what a request runs or prepares.
    fn texts(&self, request: &Request<'_>) -> Vec<Arc<str>> {
        let prepared = |id| self.open.state.prepared.get(id);
        match request {
            Request::Query(query) => vec![query.cql.into()],
            Request::Prepare(prepare) => vec![prepare.cql.into()],
            Request::Execute(execute) => prepared(execute.id).into_iter().collect(),
            Request::Batch(batch) => {
                let texts = batch.statements.iter().filter_map(|one| match one.statement {
                    Statement::Prepared(id) => prepared(id),
                    Statement::Cql(cql) => Some(cql.into()),
                });
                texts.collect()
            }
            _ => Vec::new(),
        }
    }

    /// Looks at a frame for the client: header and body.
    pub(super) fn answer(&mut self, header: &FrameHeader, frame: &Bytes) -> Delivery {
        let mut delivery = Delivery::default();
        if header.opcode == Opcode::Event {
            return delivery;
        }
        if let Some((stream, segments)) = self.starting
            && stream == header.stream
        {
            self.starting = None;
            if matches!(header.opcode, Opcode::Ready | Opcode::Authenticate) {
                delivery.segments = segments;
            }
        }
        self.is_ready |= matches!(header.opcode, Opcode::Ready | Opcode::AuthSuccess);
        delivery.effects = self.effects.remove(&header.stream).unwrap_or_default();
        if let Some(cql) = self.preparing.remove(&header.stream) {
            self.learn(header, frame, cql);
        }
        delivery
    }

    /// Remembers what the node calls a statement that it was to prepare.
    fn learn(&self, header: &FrameHeader, frame: &Bytes, cql: Arc<str>) {
        let Some(body) = self.body(header, frame) else { return };
        let decoded = ResponseBody::decode(self.dialect, header.flags, header.opcode, &body);
        if let Ok(ResponseBody { response: Response::Prepared(prepared), .. }) = decoded {
            self.open.state.prepared.add(&prepared.id, cql);
        }
    }

    /// A frame as it is recorded: decompressed, and without what a client authenticates itself by.
    pub(super) fn recorded(&self, header: &FrameHeader, frame: &Bytes) -> Bytes {
        const NO_TOKEN: [u8; 4] = (-1_i32).to_be_bytes();
        let is_secret = header.opcode == Opcode::AuthResponse;
        let body = if is_secret {
            Bytes::from_static(&NO_TOKEN)
        } else {
            match self.body(header, frame) {
                Some(body) if header.flags.contains(FrameFlags::COMPRESSED) => body,
                _ => return frame.clone(),
            }
        };
        let flags = FrameFlags::from_bits(header.flags.bits() & !FrameFlags::COMPRESSED.bits());
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut plain = Vec::with_capacity(FrameHeader::LENGTH + body.len());
        FrameHeader { flags, length, ..*header }.encode(&mut plain);
        plain.extend_from_slice(&body);
        plain.into()
    }

    /// A frame's body, decompressed; `None` if that cannot be.
    fn body(&self, header: &FrameHeader, frame: &Bytes) -> Option<Bytes> {
        let mut body = frame.clone();
        body.advance(FrameHeader::LENGTH);
        self.codec.open(header, body, LONGEST_BODY).ok()
    }
}

/// How faults refuse a request, if they do.
fn refusal(request: &Request<'_>, effects: &[Effect]) -> Option<ServerError> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refuse(error) => Some(error.clone()),
        Effect::RefusePrepared => {
            let id = Bytes::copy_from_slice(prepared_id(request)?);
            Some(ServerError::new(ErrorKind::Unprepared { id }, "injected: unprepared"))
        }
        _ => None,
    })
}

/// The first prepared statement of a request.
fn prepared_id<'a>(request: &'a Request<'_>) -> Option<&'a [u8]> {
    match request {
        Request::Execute(execute) => Some(execute.id),
        Request::Batch(batch) => batch.statements.iter().find_map(|one| match one.statement {
            Statement::Prepared(id) => Some(id),
            Statement::Cql(_) => None,
        }),
        _ => None,
    }
}

//! What one connection has agreed on, and its requests answered: bytes in, bytes out.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use helenus_protocol::{
    Consistency, Direction, ErrorKind, FrameCodec, FrameFlags, FrameHeader, Opcode,
    ProtocolVersion, Request, RequestBody, Response, ResponseBody, ScyllaExtensions, SegmentError,
    SegmentFormat, ServerError,
};

use super::failure::{malformed, protocol_error};
use super::reply::Reply;
use super::spoken_versions;
use crate::cluster::{
    Announcement, ClientStanding, ClusterState, ConnectionId, KnownClient, Member, SeenRequest,
    SeenStatement,
};
use crate::fault::{Effect, Occasion, RequestOccasion};

const EVENT_STREAM: i16 = -1;
/// Bytes that a compressed request may become.
const LONGEST_REQUEST: usize = 32 * 1024 * 1024;

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Continue,
    /// What comes behind the answer, in both directions, is in segments.
    Segments(SegmentFormat),
    /// What was written is the last that the client hears.
    Close,
}

/// How a request was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) flow: Flow,
    /// What faults are to make of the answer.
    pub(super) effects: Vec<Effect>,
}

impl From<Flow> for Answered {
    fn from(flow: Flow) -> Self {
        Self { flow, effects: Vec::new() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before STARTUP.
    New,
    /// Between AUTHENTICATE and AUTH_SUCCESS.
    Authenticating,
    Ready,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) cluster: Arc<ClusterState>,
    pub(super) member: Arc<Member>,
    pub(super) connection: ConnectionId,
    pub(super) client: SocketAddr,
    /// The shard that the client has reached, of a node of ScyllaDB.
    pub(super) shard: Option<u16>,
    /// What was agreed on of ScyllaDB's extensions.
    pub(super) extensions: ScyllaExtensions,
    pub(super) keyspace: Option<String>,
    /// Who is logged in.
    pub(super) user: Option<String>,
    /// What the node tells of the client, since STARTUP.
    pub(super) known: Option<Arc<KnownClient>>,
    pub(super) phase: Phase,
    pub(super) codec: FrameCodec,
    /// How v5 is to be wrapped once STARTUP is answered.
    pub(super) segment_format: SegmentFormat,
    pub(super) events: HashSet<&'static str>,
}

impl Session {
    pub(super) fn new(
        cluster: Arc<ClusterState>,
        member: Arc<Member>,
        connection: ConnectionId,
        client: SocketAddr,
        shard: Option<u16>,
    ) -> Self {
        let highest = cluster.settings.versions.highest();
        Self {
            cluster,
            member,
            connection,
            client,
            shard,
            extensions: ScyllaExtensions::default(),
            keyspace: None,
            user: None,
            known: None,
            phase: Phase::New,
            codec: FrameCodec::new(highest),
            segment_format: SegmentFormat::Plain,
            events: HashSet::new(),
        }
    }

    /// Takes the first request out of `input` and answers it; `None` if it is not there as a whole.
    pub(super) fn receive(&mut self, input: &mut BytesMut, out: &mut Vec<u8>) -> Option<Answered> {
        if let Err(refusal) = self.agree_on_version(input.first()? & 0x7F) {
            self.write(&error_body(refusal), 0, out);
            return Some(Flow::Close.into());
        }
        let header = match FrameHeader::decode(input) {
            Ok(Some(header)) if header.direction == Direction::Request => header,
            Ok(Some(_)) => {
                return Some(
                    self.refuse(input, protocol_error("a response is no request"), out).into(),
                );
            }
            Ok(None) => return None,
            Err(error) => return Some(self.refuse(input, malformed(&error), out).into()),
        };
        let end = FrameHeader::LENGTH + usize::try_from(header.length).ok()?;
        if input.len() < end {
            return None;
        }
        let mut body = input.split_to(end).freeze();
        body.advance(FrameHeader::LENGTH);
        if let Some(known) = &self.known {
            known.count_request();
        }
        let was_new = self.phase == Phase::New;
        let mut effects = Vec::new();
        let response = match self.codec.open(&header, body, LONGEST_REQUEST) {
            Ok(body) => {
                let dialect = self.extensions.dialect(header.version);
                match RequestBody::decode(dialect, header.flags, header.opcode, &body) {
                    Ok(body) => {
                        if self.member.faults.any() {
                            effects = self.effects_on(&body.request);
                        }
                        let mut reply = match self.refusal(&body.request, &effects) {
                            Some(error) => self.refuse_statements(&body.request, error).into(),
                            None => self.dispatch(&body.request, header.flags),
                        };
                        if !reply.delay.is_zero() {
                            effects.push(Effect::Delay(reply.delay));
                        }
                        if self.mirrors_payload_into(&reply.body.response) {
                            reply.body.payload = body.payload;
                        }
                        reply.body
                    }
                    Err(error) => error_body(malformed(&error)),
                }
            }
            Err(error) => error_body(protocol_error(error.to_string())),
        };
        self.write(&response, header.stream, out);
        let is_agreed = was_new && self.phase != Phase::New;
        let flow = if is_agreed && self.speaks_v5() {
            Flow::Segments(self.segment_format)
        } else {
            Flow::Continue
        };
        Some(Answered { flow, effects })
    }

    /// Segments that cannot be read: what the client is told before the end.
    pub(super) fn refuse_segment(&self, error: &SegmentError, out: &mut Vec<u8>) -> Answered {
        self.write(&error_body(protocol_error(error.to_string())), 0, out);
        Flow::Close.into()
    }

    fn mirrors_payload_into(&self, response: &Response) -> bool {
        self.cluster.settings.mirrors_payloads && !matches!(response, Response::Error(_))
    }

    fn effects_on(&self, request: &Request<'_>) -> Vec<Effect> {
        self.member.faults.strike(&Occasion::Request(RequestOccasion {
            opcode: request.opcode(),
            connection: self.connection,
            is_handshake: self.phase != Phase::Ready,
            statements: self.texts(request),
        }))
    }

    /// Until STARTUP every frame may choose; then all follow it.
    fn agree_on_version(&mut self, number: u8) -> Result<(), ServerError> {
        let versions = self.cluster.settings.versions;
        let Some(version) = versions.get(number) else {
            if self.phase == Phase::New {
                self.codec.version = versions.highest();
            }
            return Err(protocol_error(format!(
                "Invalid or unsupported protocol version ({number}); supported versions are {versions}"
            )));
        };
        if self.phase == Phase::New {
            self.codec.version = version;
        } else if version != self.codec.version {
            return Err(protocol_error(format!(
                "Invalid message version. Got {} but previous messages on this connection had version {}",
                spoken_versions::name(version),
                spoken_versions::name(self.codec.version)
            )));
        }
        Ok(())
    }

    pub(super) fn speaks_v5(&self) -> bool {
        self.codec.version == ProtocolVersion::V5
    }

    /// The event as this client is to hear it, if it asked for it.
    pub(super) fn notify(&self, announcement: &Announcement, out: &mut Vec<u8>) {
        let Announcement { event, about, .. } = announcement;
        if self.events.contains(event.name()) && *about != Some(self.member.host_id) {
            self.write(&Response::Event(event.clone()).into(), EVENT_STREAM, out);
        }
    }

    /// Whether a fault keeps the connection from being read.
    pub(super) fn pauses_reads(&self) -> bool {
        self.member.faults.pauses_reads(self.connection)
    }

    pub(super) fn wants_events(&self) -> bool {
        !self.events.is_empty()
    }

    fn write(&self, body: &ResponseBody, stream: i16, out: &mut Vec<u8>) {
        if self.codec.encode_response(body, stream, out).is_err() {
            // What cannot be said, such as a column's name of 64 KiB, is said to have failed; that can be said.
            let problem =
                ServerError::new(ErrorKind::ServerError, "the answer does not fit the protocol");
            let _ = self.codec.encode_response(&error_body(problem), stream, out);
        }
    }

    /// A frame that nothing can be made of, so that nothing behind it can be found either.
    fn refuse(&self, input: &[u8], error: ServerError, out: &mut Vec<u8>) -> Flow {
        let stream =
            input.get(2..4).and_then(|bytes| bytes.try_into().ok()).map_or(0, i16::from_be_bytes);
        self.write(&error_body(error), stream, out);
        Flow::Close
    }

    fn dispatch(&mut self, request: &Request<'_>, flags: FrameFlags) -> Reply {
        let is_statement = matches!(
            request,
            Request::Query(_) | Request::Prepare(_) | Request::Execute(_) | Request::Batch(_)
        );
        if self.phase != Phase::Ready || !is_statement {
            return self.shake_hands(request).into();
        }
        self.member.count_request();
        self.run(request, flags.contains(FrameFlags::TRACING))
    }

    /// Lets the node know how far the client has come.
    pub(super) fn show_standing(&self) {
        if let Some(known) = &self.known {
            known.stand(ClientStanding {
                is_ready: self.phase == Phase::Ready,
                user: self.user.clone(),
                keyspace: self.keyspace.clone(),
            });
        }
    }

    /// Remembers that a request came.
    pub(super) fn record(
        &self,
        opcode: Opcode,
        consistency: Option<Consistency>,
        statements: Vec<SeenStatement>,
    ) {
        let request = SeenRequest {
            opcode,
            consistency,
            statements,
            node: self.member.address,
            shard: self.shard,
            connection: self.connection,
            client: self.client,
            at: Instant::now(),
        };
        self.cluster.feeds.tell(&request);
        self.member.log.push(request);
    }
}

pub(super) fn error_body(error: ServerError) -> ResponseBody {
    Response::Error(error).into()
}

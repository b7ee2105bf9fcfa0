//! What one connection has agreed on, and its requests answered: bytes in, bytes out.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use helenus_protocol::{
    AuthResponse, Compression, Direction, ErrorKind, FrameCodec, FrameFlags, FrameHeader, Opcode,
    ProtocolVersion, Request, RequestBody, Response, ResponseBody, SegmentError, SegmentFormat,
    ServerError, Startup, Supported,
};

use super::failure::{malformed, protocol_error};
use super::spoken_versions::{self, SpokenVersions};
use crate::cluster::{Announcement, ClusterState, Member};
use crate::fault::{Effect, Occasion};

const AUTHENTICATOR: &str = "org.apache.cassandra.auth.PasswordAuthenticator";
const EVENTS: [&str; 3] = ["TOPOLOGY_CHANGE", "STATUS_CHANGE", "SCHEMA_CHANGE"];
const EVENT_STREAM: i16 = -1;

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
enum Phase {
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
    pub(super) client: SocketAddr,
    pub(super) keyspace: Option<String>,
    phase: Phase,
    codec: FrameCodec,
    /// How v5 is to be wrapped once STARTUP is answered.
    segment_format: SegmentFormat,
    events: HashSet<&'static str>,
}

impl Session {
    pub(super) fn new(cluster: Arc<ClusterState>, member: Arc<Member>, client: SocketAddr) -> Self {
        let highest = cluster.versions.highest();
        Self {
            cluster,
            member,
            client,
            keyspace: None,
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
        let was_new = self.phase == Phase::New;
        let mut effects = Vec::new();
        let response = match self.codec.open(&header, body, FrameHeader::MAX_BODY as usize) {
            Ok(body) => {
                match RequestBody::decode(header.version, header.flags, header.opcode, &body) {
                    Ok(body) => {
                        if self.member.faults.any() {
                            effects = self.effects_on(&body.request);
                        }
                        match refusal(&effects) {
                            Some(error) => self.refuse_statements(&body.request, error),
                            None => self.dispatch(body.request, header.flags),
                        }
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

    fn effects_on(&self, request: &Request<'_>) -> Vec<Effect> {
        self.member.faults.strike(&Occasion {
            opcode: request.opcode(),
            is_handshake: self.phase != Phase::Ready,
            statements: self.texts(request),
        })
    }

    /// Until STARTUP every frame may choose; then all follow it.
    fn agree_on_version(&mut self, number: u8) -> Result<(), ServerError> {
        let versions = self.cluster.versions;
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
        let Announcement { event, about } = announcement;
        if self.events.contains(event.name()) && *about != Some(self.member.host_id) {
            self.write(&Response::Event(event.clone()).into(), EVENT_STREAM, out);
        }
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

    fn dispatch(&mut self, request: Request<'_>, flags: FrameFlags) -> ResponseBody {
        match (self.phase, request) {
            (_, Request::Options) => Response::Supported(supported(self.cluster.versions)).into(),
            (Phase::New, Request::Startup(startup)) => self.start(&startup).into(),
            (Phase::Authenticating, Request::AuthResponse(token)) => {
                self.authenticate(&token).into()
            }
            (Phase::New, other) => unexpected(other.opcode(), "expecting STARTUP or OPTIONS"),
            (Phase::Authenticating, other) => {
                unexpected(other.opcode(), "needs authentication through AUTH_RESPONSE message")
            }
            (Phase::Ready, Request::Register(register)) => self.register(&register.events).into(),
            (Phase::Ready, other @ (Request::Startup(_) | Request::AuthResponse(_))) => {
                unexpected(other.opcode(), "the connection is ready")
            }
            (Phase::Ready, request) => {
                self.member.count_request();
                self.run(request, flags.contains(FrameFlags::TRACING))
            }
        }
    }

    fn start(&mut self, startup: &Startup) -> Response {
        if startup.option("CQL_VERSION").is_none() {
            return Response::Error(protocol_error("Missing value CQL_VERSION in STARTUP message"));
        }
        match startup.option("COMPRESSION") {
            None => {}
            Some(name) => match name.to_ascii_lowercase().parse() {
                Ok(Compression::Snappy) if self.speaks_v5() => {
                    return Response::Error(protocol_error(
                        "Snappy compression is not supported in protocol V5",
                    ));
                }
                Ok(compression) => {
                    self.codec.compression = Some(compression);
                    self.segment_format = SegmentFormat::Lz4;
                }
                Err(_) => {
                    return Response::Error(protocol_error(format!(
                        "Unknown compression algorithm: {name}"
                    )));
                }
            },
        }
        if self.cluster.credentials.is_some() {
            self.phase = Phase::Authenticating;
            return Response::Authenticate { authenticator: AUTHENTICATOR.to_owned() };
        }
        self.phase = Phase::Ready;
        Response::Ready
    }

    fn authenticate(&mut self, response: &AuthResponse<'_>) -> Response {
        let token = response.token.unwrap_or_default();
        match self
            .cluster
            .credentials
            .as_ref()
            .map_or(Ok(()), |credentials| credentials.check(token))
        {
            Ok(()) => {
                self.phase = Phase::Ready;
                Response::AuthSuccess(None)
            }
            Err(problem) => Response::Error(ServerError::new(ErrorKind::BadCredentials, problem)),
        }
    }

    fn register(&mut self, events: &[String]) -> Response {
        for event in events {
            match EVENTS.iter().find(|known| known.eq_ignore_ascii_case(event)) {
                Some(known) => self.events.insert(known),
                None => {
                    return Response::Error(protocol_error(format!(
                        "Invalid value '{event}' for Type"
                    )));
                }
            };
        }
        Response::Ready
    }
}

fn supported(versions: SpokenVersions) -> Supported {
    let compressions = [Compression::Snappy, Compression::Lz4];
    let options = [
        ("PROTOCOL_VERSIONS", versions.names()),
        ("COMPRESSION", compressions.map(|compression| compression.name().to_owned()).to_vec()),
        ("CQL_VERSION", vec!["3.4.7".to_owned()]),
    ];
    Supported { options: options.map(|(name, values)| (name.to_owned(), values)).to_vec() }
}

fn refusal(effects: &[Effect]) -> Option<ServerError> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refuse(error) => Some(error.clone()),
        _ => None,
    })
}

pub(super) fn error_body(error: ServerError) -> ResponseBody {
    Response::Error(error).into()
}

fn unexpected(opcode: Opcode, wanted: &str) -> ResponseBody {
    let name = match opcode {
        Opcode::AuthResponse => "AUTH_RESPONSE".to_owned(),
        other => format!("{other:?}").to_ascii_uppercase(),
    };
    error_body(protocol_error(format!("Unexpected message {name}, {wanted}")))
}

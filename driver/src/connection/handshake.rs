use std::sync::Arc;

use helenus_protocol::{
    AuthResponse, Compression, ErrorKind, FrameCodec, FrameFlags, FrameHeader, ProtocolVersion,
    Query, QueryParameters, Register, Request, Response, ResponseBody, SegmentDecoder,
    SegmentEncoder, SegmentFormat, ServerError, ShardingInfo, Startup, Supported,
};

use super::inbox::{Arrival, Inbox};
use super::transport::{Incoming, Transport};
use super::{ConnectError, ConnectionConfig, Destination};
use crate::pool::use_statement;

/// An answer during the handshake is small; what is larger is not the protocol.
const MAX_ANSWER: usize = 1 << 20;

/// How a server that speaks TLS begins to answer what is not TLS.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// A connection that is not shared yet: one request, one answer, nothing else.
pub(super) struct Handshake {
    pub(super) transport: Transport,
    pub(super) incoming: Incoming,
    pub(super) codec: FrameCodec,
    /// How frames are wrapped, once both sides have agreed on it.
    pub(super) segments: Option<SegmentFormat>,
    /// What came behind the last answer.
    pub(super) inbox: Inbox,
    /// How the node divides its data among its cores, if it does.
    pub(super) sharding: Option<ShardingInfo>,
}

impl Handshake {
    /// Opens a socket and takes it to where requests may be sent, in `version` or the highest below it that the server
    /// speaks.
    pub(super) async fn negotiate(
        to: Destination,
        config: &ConnectionConfig,
        version: ProtocolVersion,
        keyspace: Option<&str>,
        with_events: bool,
    ) -> Result<Self, ConnectError> {
        match Self::run(to, config, version, keyspace, with_events).await {
            Err(ConnectError::Version { version: ProtocolVersion::V5 }) => {
                Self::run(to, config, ProtocolVersion::V4, keyspace, with_events).await
            }
            done => done,
        }
    }

    async fn run(
        to: Destination,
        config: &ConnectionConfig,
        version: ProtocolVersion,
        keyspace: Option<&str>,
        with_events: bool,
    ) -> Result<Self, ConnectError> {
        let (transport, incoming) = Transport::connect(to, config).await?;
        let codec = FrameCodec::new(version);
        let inbox = Inbox::default();
        let mut handshake =
            Self { transport, incoming, codec, segments: None, inbox, sharding: None };
        let supported = handshake.options().await?;
        handshake.sharding = ShardingInfo::from_supported(&supported).unwrap_or_else(|error| {
            tracing::warn!(node = %to.address, %error, "what the node says of its shards is passed over");
            None
        });
        handshake.start(config, &supported).await?;
        if with_events {
            match handshake.ask(&Request::Register(Register::all())).await? {
                Response::Ready => {}
                other => return Err(unexpected("REGISTER", &other)),
            }
        }
        if let Some(keyspace) = keyspace {
            handshake.use_keyspace(keyspace).await?;
        }
        Ok(handshake)
    }

    async fn options(&mut self) -> Result<Supported, ConnectError> {
        match self.ask(&Request::Options).await? {
            Response::Supported(supported) => Ok(supported),
            other => Err(unexpected("OPTIONS", &other)),
        }
    }

    async fn start(
        &mut self,
        config: &ConnectionConfig,
        supported: &Supported,
    ) -> Result<(), ConnectError> {
        if let Some(wanted) = config.compression {
            let offered = supported.values("COMPRESSION");
            if !offered.iter().any(|name| name == wanted.name()) {
                let offered = offered.to_vec();
                return Err(ConnectError::Compression { wanted: wanted.name(), offered });
            }
        }
        let startup = Startup::new(config.compression)
            .with("DRIVER_NAME", "helenus")
            .with("DRIVER_VERSION", env!("CARGO_PKG_VERSION"));
        // The server may compress its answer to this already.
        let answer = {
            self.send(&Request::Startup(startup)).await?;
            self.codec.compression = config.compression;
            self.receive().await?
        };
        self.start_segments();
        match answer {
            Response::Ready => Ok(()),
            Response::Authenticate { authenticator } => {
                self.authenticate(config, authenticator).await
            }
            other => Err(unexpected("STARTUP", &other)),
        }
    }

    /// Behind STARTUP's answer v5 wraps everything in segments.
    fn start_segments(&mut self) {
        if self.codec.version == ProtocolVersion::V5 {
            let format = match self.codec.compression {
                Some(Compression::Lz4) => SegmentFormat::Lz4,
                _ => SegmentFormat::Plain,
            };
            self.segments = Some(format);
            self.inbox.expect_segments(SegmentDecoder::new(format));
        }
    }

    async fn authenticate(
        &mut self,
        config: &ConnectionConfig,
        class: String,
    ) -> Result<(), ConnectError> {
        let Some(authenticator) = &config.authenticator else {
            return Err(ConnectError::NoCredentials { authenticator: class });
        };
        let authenticator = Arc::clone(authenticator);
        let mut token = authenticator.initial_response(&class);
        loop {
            let Some(bytes) = &token else {
                return Err(ConnectError::NoCredentials { authenticator: class });
            };
            let request = Request::AuthResponse(AuthResponse { token: Some(bytes) });
            match self.ask(&request).await? {
                Response::AuthSuccess(_) => return Ok(()),
                Response::AuthChallenge(challenge) => {
                    let challenge = challenge.unwrap_or_default();
                    token = authenticator.evaluate_challenge(&challenge);
                }
                other => return Err(unexpected("AUTH_RESPONSE", &other)),
            }
        }
    }

    async fn use_keyspace(&mut self, keyspace: &str) -> Result<(), ConnectError> {
        let cql = use_statement(keyspace);
        let query = Query { cql: &cql, parameters: QueryParameters::default() };
        match self.ask(&Request::Query(query)).await? {
            Response::SetKeyspace(_) => Ok(()),
            other => Err(unexpected("USE", &other)),
        }
    }

    async fn ask(&mut self, request: &Request<'_>) -> Result<Response, ConnectError> {
        self.send(request).await?;
        self.receive().await
    }

    async fn send(&mut self, request: &Request<'_>) -> Result<(), ConnectError> {
        let mut frame = Vec::new();
        self.codec.encode_request(request, 0, FrameFlags::NONE, &mut frame)?;
        if let Some(format) = self.segments {
            let plain = std::mem::take(&mut frame);
            SegmentEncoder::new(format).encode(&plain, &mut frame);
        }
        if let Err(error) = self.transport.write_all(&frame).await {
            // What the server said before it hung up tells more.
            return Err(self.receive().await.err().unwrap_or_else(|| error.into()));
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Response, ConnectError> {
        loop {
            match self.inbox.next_frame(MAX_ANSWER)? {
                Some(Arrival::Frame(header, body)) => return self.open(&header, body),
                Some(Arrival::TooLarge(FrameHeader { length, .. })) => {
                    let error = format!("its answer of {length} bytes is none to the handshake");
                    return Err(ConnectError::Protocol(error));
                }
                None => {}
            }
            let wire = self.inbox.room();
            if self.incoming.read(wire).await? == 0 {
                return Err(ConnectError::Protocol(
                    "it closed the connection during the handshake".to_owned(),
                ));
            }
            if self.segments.is_none() && wire.starts_with(&TLS_ALERT) {
                return Err(ConnectError::SpeaksTls);
            }
        }
    }

    fn open(&self, header: &FrameHeader, body: bytes::Bytes) -> Result<Response, ConnectError> {
        let body = self.codec.open(header, body, MAX_ANSWER)?;
        let body = ResponseBody::decode(header.version, header.flags, header.opcode, &body)?;
        match body.response {
            Response::Error(error) if error.kind == ErrorKind::BadCredentials => {
                Err(ConnectError::Authentication(Box::new(error)))
            }
            Response::Error(error) if is_unknown_version(&error) => {
                Err(ConnectError::Version { version: self.codec.version })
            }
            Response::Error(error) => Err(ConnectError::Refused(Box::new(error))),
            response => Ok(response),
        }
    }
}

/// Whether a server refuses the protocol version: only its words tell this from other protocol errors.
fn is_unknown_version(error: &ServerError) -> bool {
    error.kind == ErrorKind::ProtocolError && error.message.contains("unsupported protocol version")
}

fn unexpected(to: &str, response: &Response) -> ConnectError {
    ConnectError::Protocol(format!("it answered {to} with {:?}", response.opcode()))
}

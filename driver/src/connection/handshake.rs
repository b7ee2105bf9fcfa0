use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use helenus_protocol::{
    AuthResponse, ErrorKind, FrameCodec, FrameFlags, FrameHeader, ProtocolVersion, Register,
    Request, Response, ResponseBody, Startup, Supported,
};

use super::transport::Transport;
use super::{ConnectError, ConnectionConfig};

/// An answer during the handshake is small; what is larger is not the protocol.
const MAX_ANSWER: usize = 1 << 20;

/// A connection that is not shared yet: one request, one answer, nothing else.
pub(super) struct Handshake {
    pub(super) transport: Transport,
    pub(super) codec: FrameCodec,
    /// What came behind the last answer.
    pub(super) buffer: BytesMut,
}

impl Handshake {
    /// Opens a socket and takes it to where requests may be sent.
    pub(super) async fn run(
        address: SocketAddr,
        config: &ConnectionConfig,
        keyspace: Option<&str>,
        with_events: bool,
    ) -> Result<Self, ConnectError> {
        let transport = Transport::connect(address, config).await?;
        let codec = FrameCodec::new(ProtocolVersion::V4);
        let mut handshake = Self { transport, codec, buffer: BytesMut::new() };
        let supported = handshake.options().await?;
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
        match answer {
            Response::Ready => Ok(()),
            Response::Authenticate { authenticator } => {
                self.authenticate(config, authenticator).await
            }
            other => Err(unexpected("STARTUP", &other)),
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
        let cql = format!("USE \"{}\"", keyspace.replace('"', "\"\""));
        let parameters = helenus_protocol::QueryParameters::default();
        let query = helenus_protocol::Query { cql: &cql, parameters };
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
        Ok(self.transport.write_all(&frame).await?)
    }

    async fn receive(&mut self) -> Result<Response, ConnectError> {
        loop {
            if let Some(header) = FrameHeader::decode(&self.buffer)? {
                let length = header.length as usize;
                if length > MAX_ANSWER {
                    return Err(ConnectError::Protocol(format!(
                        "it answered the handshake with {length} bytes"
                    )));
                }
                if self.buffer.len() >= FrameHeader::LENGTH + length {
                    self.buffer.advance(FrameHeader::LENGTH);
                    let body = self.buffer.split_to(length).freeze();
                    return self.open(&header, body);
                }
            }
            self.buffer.reserve(4096);
            if self.transport.read(&mut self.buffer).await? == 0 {
                return Err(ConnectError::Protocol(
                    "it closed the connection during the handshake".to_owned(),
                ));
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
            Response::Error(error) => Err(ConnectError::Refused(Box::new(error))),
            response => Ok(response),
        }
    }
}

fn unexpected(to: &str, response: &Response) -> ConnectError {
    ConnectError::Protocol(format!("it answered {to} with {:?}", response.opcode()))
}

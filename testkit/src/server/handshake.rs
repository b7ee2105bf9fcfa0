//! What comes before statements: OPTIONS, STARTUP, AUTH_RESPONSE and REGISTER.

use std::sync::Arc;

use helenus_protocol::{
    AuthResponse, Compression, ErrorKind, Opcode, Request, Response, SegmentFormat, ServerError,
    Startup, Supported,
};

use super::failure::protocol_error;
use super::session::{Phase, Session};
use crate::cluster::KnownClient;

const AUTHENTICATOR: &str = "org.apache.cassandra.auth.PasswordAuthenticator";
const EVENTS: [&str; 3] = ["TOPOLOGY_CHANGE", "STATUS_CHANGE", "SCHEMA_CHANGE"];

impl Session {
    /// Answers a request that runs no statement, or that comes before the connection is ready.
    pub(super) fn shake_hands(&mut self, request: &Request<'_>) -> Response {
        self.record(request.opcode(), None, Vec::new());
        match (self.phase, request) {
            (_, Request::Options) => Response::Supported(self.supported()),
            (Phase::New, Request::Startup(startup)) => self.start(startup),
            (Phase::Authenticating, Request::AuthResponse(token)) => self.authenticate(token),
            (Phase::New, other) => unexpected(other.opcode(), "expecting STARTUP or OPTIONS"),
            (Phase::Authenticating, other) => {
                unexpected(other.opcode(), "needs authentication through AUTH_RESPONSE message")
            }
            (Phase::Ready, Request::Register(register)) => self.register(&register.events),
            (Phase::Ready, other) => unexpected(other.opcode(), "the connection is ready"),
        }
    }

    fn supported(&self) -> Supported {
        let compressions = [Compression::Snappy, Compression::Lz4];
        let options = [
            ("PROTOCOL_VERSIONS", self.cluster.settings.versions.names()),
            ("COMPRESSION", compressions.map(|compression| compression.name().to_owned()).to_vec()),
            ("CQL_VERSION", vec!["3.4.7".to_owned()]),
        ];
        let options = options.map(|(name, values)| (name.to_owned(), values)).to_vec();
        let mut supported = Supported { options };
        self.offer_extensions(&mut supported);
        supported
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
        self.agree_on_extensions(startup);
        let known = KnownClient::new(self.client, self.codec.version, startup.clone());
        let known = self.known.insert(Arc::new(known));
        self.member.meet(self.connection, known.clone());
        let response = if self.cluster.settings.credentials.is_some() {
            self.phase = Phase::Authenticating;
            Response::Authenticate { authenticator: AUTHENTICATOR.to_owned() }
        } else {
            self.phase = Phase::Ready;
            Response::Ready
        };
        self.show_standing();
        response
    }

    fn authenticate(&mut self, response: &AuthResponse<'_>) -> Response {
        let token = response.token.unwrap_or_default();
        match self.cluster.engine.roles.log_in(token) {
            Ok(user) => {
                self.user = Some(user);
                self.phase = Phase::Ready;
                self.show_standing();
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
        self.member.note_listener(self.connection);
        Response::Ready
    }
}

fn unexpected(opcode: Opcode, wanted: &str) -> Response {
    let name = match opcode {
        Opcode::AuthResponse => "AUTH_RESPONSE".to_owned(),
        other => format!("{other:?}").to_ascii_uppercase(),
    };
    Response::Error(protocol_error(format!("Unexpected message {name}, {wanted}")))
}

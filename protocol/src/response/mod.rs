//! What a server answers.

mod error;
mod event;
mod metadata;
mod plain;
mod prepared;
mod rows;
mod schema_change;
mod supported;

pub use error::{ErrorKind, FailureReason, RateLimitedOperation, ServerError, WriteType};
pub use event::{Event, StatusChange, TopologyChange};
pub use metadata::ResultMetadata;
pub use plain::{PlainResult, PlainRows};
pub use prepared::{Prepared, PreparedMetadata};
pub use rows::Rows;
pub use schema_change::{SchemaChange, SchemaChangeKind, SchemaTarget};
pub use supported::Supported;

use bytes::Bytes;
use uuid::Uuid;

use crate::payload::{decode_payload, encode_payload};
use crate::wire::{Reader, Writer};
use crate::{Dialect, EncodeError, FrameFlags, Opcode, Payload, ProtocolVersion, WireError};

/// A response with what its frame's flags put before it.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseBody {
    /// Where `system_traces` tells how the request was run.
    pub tracing_id: Option<Uuid>,
    /// What the server wants the client to know.
    pub warnings: Vec<String>,
    /// The custom payload.
    pub payload: Payload,
    /// The message.
    pub response: Response,
}

/// Any response.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Response {
    /// ERROR: the request failed.
    Error(ServerError),
    /// READY: the connection takes requests.
    Ready,
    /// AUTHENTICATE: the server wants credentials.
    Authenticate {
        /// The Java class of the server's authenticator.
        authenticator: String,
    },
    /// SUPPORTED: the answer to OPTIONS.
    Supported(Supported),
    /// RESULT of kind Void: done, with nothing to tell.
    Void,
    /// RESULT of kind Rows.
    Rows(Rows),
    /// RESULT of kind Set_keyspace: the connection's keyspace is now this.
    SetKeyspace(String),
    /// RESULT of kind Prepared.
    Prepared(Prepared),
    /// RESULT of kind Schema_change.
    SchemaChange(SchemaChange),
    /// EVENT: something happened in the cluster.
    Event(Event),
    /// AUTH_CHALLENGE: the server's step of a SASL exchange.
    AuthChallenge(Option<Bytes>),
    /// AUTH_SUCCESS: the SASL exchange ended well.
    AuthSuccess(Option<Bytes>),
}

const VOID: i32 = 1;
const ROWS: i32 = 2;
const SET_KEYSPACE: i32 = 3;
const PREPARED: i32 = 4;
const SCHEMA_CHANGE: i32 = 5;

impl From<Response> for ResponseBody {
    fn from(response: Response) -> Self {
        Self { tracing_id: None, warnings: Vec::new(), payload: Payload::new(), response }
    }
}

impl ResponseBody {
    /// Reads the (uncompressed) body of a response; values stay in `body`. A [`ProtocolVersion`] will do as a
    /// dialect where no extension was agreed on.
    ///
    /// # Errors
    /// A body that does not follow the protocol, or an opcode that is no response's.
    pub fn decode(
        dialect: impl Into<Dialect>,
        flags: FrameFlags,
        opcode: Opcode,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        let mut reader = Reader::new(body);
        let tracing_id = if flags.contains(FrameFlags::TRACING) {
            Some(reader.uuid("a tracing id")?)
        } else {
            None
        };
        let warnings = if flags.contains(FrameFlags::WARNING) {
            reader.string_list("a warning")?
        } else {
            Vec::new()
        };
        let payload = if flags.contains(FrameFlags::PAYLOAD) {
            decode_payload(&mut reader, body)?
        } else {
            Payload::new()
        };
        let response = Response::decode(dialect.into(), opcode, &mut reader, body)?;
        Ok(Self { tracing_id, warnings, payload, response })
    }

    /// The frame flags that say what stands before the message.
    pub fn flags(&self) -> FrameFlags {
        let mut flags = FrameFlags::NONE;
        if self.tracing_id.is_some() {
            flags |= FrameFlags::TRACING;
        }
        if !self.warnings.is_empty() {
            flags |= FrameFlags::WARNING;
        }
        if !self.payload.is_empty() {
            flags |= FrameFlags::PAYLOAD;
        }
        flags
    }

    /// Appends the body, uncompressed, to `out`.
    ///
    /// # Errors
    /// A field that is too long. What was appended until then stays in `out`.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if let Some(id) = self.tracing_id {
            out.put(id.as_bytes());
        }
        if !self.warnings.is_empty() {
            out.put_string_list("a warning", &self.warnings)?;
        }
        if !self.payload.is_empty() {
            encode_payload(&self.payload, out)?;
        }
        self.response.encode(version, out)
    }
}

/// A part of `body` that shares its memory.
fn slice_of(body: &Bytes, part: Option<&[u8]>) -> Option<Bytes> {
    part.map(|part| body.slice_ref(part))
}

impl Response {
    /// The opcode of its frame.
    pub fn opcode(&self) -> Opcode {
        match self {
            Self::Error(_) => Opcode::Error,
            Self::Ready => Opcode::Ready,
            Self::Authenticate { .. } => Opcode::Authenticate,
            Self::Supported(_) => Opcode::Supported,
            Self::Event(_) => Opcode::Event,
            Self::AuthChallenge(_) => Opcode::AuthChallenge,
            Self::AuthSuccess(_) => Opcode::AuthSuccess,
            Self::Void
            | Self::Rows(_)
            | Self::SetKeyspace(_)
            | Self::Prepared(_)
            | Self::SchemaChange(_) => Opcode::Result,
        }
    }

    fn decode(
        dialect: Dialect,
        opcode: Opcode,
        reader: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        let response = match opcode {
            Opcode::Error => Self::Error(ServerError::decode(dialect, reader, body)?),
            Opcode::Ready => Self::Ready,
            Opcode::Authenticate => {
                Self::Authenticate { authenticator: reader.string("an authenticator")?.to_owned() }
            }
            Opcode::Supported => Self::Supported(Supported::decode(reader)?),
            Opcode::Result => Self::decode_result(dialect, reader, body)?,
            Opcode::Event => Self::Event(Event::decode(reader)?),
            Opcode::AuthChallenge => {
                Self::AuthChallenge(slice_of(body, reader.bytes("a SASL token")?))
            }
            Opcode::AuthSuccess => Self::AuthSuccess(slice_of(body, reader.bytes("a SASL token")?)),
            other => {
                return Err(WireError::Unknown {
                    what: "a response's opcode",
                    value: format!("{other:?}"),
                });
            }
        };
        reader.finish("a response")?;
        Ok(response)
    }

    fn decode_result(
        dialect: Dialect,
        reader: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        Ok(match reader.int("a result's kind")? {
            VOID => Self::Void,
            ROWS => Self::Rows(Rows::decode(reader, body)?),
            SET_KEYSPACE => Self::SetKeyspace(reader.string("a keyspace")?.to_owned()),
            PREPARED => Self::Prepared(Prepared::decode(dialect, reader, body)?),
            SCHEMA_CHANGE => Self::SchemaChange(SchemaChange::decode(reader)?),
            kind => {
                return Err(WireError::Unknown {
                    what: "a result's kind",
                    value: kind.to_string(),
                });
            }
        })
    }

    fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Error(error) => error.encode(version, out),
            Self::Ready => Ok(()),
            Self::Authenticate { authenticator } => {
                out.put_string("an authenticator", authenticator)
            }
            Self::Supported(supported) => supported.encode(out),
            Self::Void => {
                out.put_int(VOID);
                Ok(())
            }
            Self::Rows(rows) => {
                out.put_int(ROWS);
                rows.encode(version, out)
            }
            Self::SetKeyspace(keyspace) => {
                out.put_int(SET_KEYSPACE);
                out.put_string("a keyspace", keyspace)
            }
            Self::Prepared(prepared) => {
                out.put_int(PREPARED);
                prepared.encode(version, out)
            }
            Self::SchemaChange(change) => {
                out.put_int(SCHEMA_CHANGE);
                change.encode(out)
            }
            Self::Event(event) => event.encode(out),
            Self::AuthChallenge(token) | Self::AuthSuccess(token) => {
                out.put_bytes("a SASL token", token.as_deref())
            }
        }
    }
}

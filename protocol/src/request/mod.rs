//! What a client asks.

mod auth_response;
mod batch;
mod body;
mod execute;
mod named_values;
mod parameters;
mod prepare;
mod query;
mod register;
mod startup;
mod values;

pub use auth_response::AuthResponse;
pub use batch::{Batch, BatchKind, BatchStatement, Statement};
pub use body::RequestBody;
pub use execute::Execute;
pub use named_values::NamedValues;
pub use parameters::QueryParameters;
pub use prepare::Prepare;
pub use query::Query;
pub use register::Register;
pub use startup::Startup;
pub use values::Values;

use crate::wire::Reader;
use crate::{Dialect, EncodeError, Opcode, ProtocolVersion, WireError};

/// Any request, borrowing its texts and values.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Request<'a> {
    /// STARTUP: the first request on a connection.
    Startup(Startup),
    /// OPTIONS: what does the server support?
    Options,
    /// AUTH_RESPONSE: the client's step of a SASL exchange.
    AuthResponse(AuthResponse<'a>),
    /// QUERY: a CQL text.
    Query(Query<'a>),
    /// PREPARE: prepare a CQL text.
    Prepare(Prepare<'a>),
    /// EXECUTE: run a prepared statement.
    Execute(Execute<'a>),
    /// BATCH: several statements as one.
    Batch(Batch<'a>),
    /// REGISTER: send me events.
    Register(Register),
}

impl<'a> Request<'a> {
    /// The opcode of its frame.
    #[inline]
    pub fn opcode(&self) -> Opcode {
        match self {
            Self::Startup(_) => Opcode::Startup,
            Self::Options => Opcode::Options,
            Self::AuthResponse(_) => Opcode::AuthResponse,
            Self::Query(_) => Opcode::Query,
            Self::Prepare(_) => Opcode::Prepare,
            Self::Execute(_) => Opcode::Execute,
            Self::Batch(_) => Opcode::Batch,
            Self::Register(_) => Opcode::Register,
        }
    }

    /// Appends the body to `out`.
    ///
    /// # Errors
    /// A field that is too long, or that `version` does not have. What was appended until then stays in `out`.
    #[inline]
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Startup(startup) => startup.encode(out),
            Self::Options => Ok(()),
            Self::AuthResponse(response) => response.encode(out),
            Self::Query(query) => query.encode(version, out),
            Self::Prepare(prepare) => prepare.encode(version, out),
            Self::Execute(execute) => execute.encode(version, out),
            Self::Batch(batch) => batch.encode(version, out),
            Self::Register(register) => register.encode(out),
        }
    }

    /// Reads the body of a request. A [`ProtocolVersion`] will do as a dialect where no extension was agreed on.
    ///
    /// # Errors
    /// A body that does not follow the protocol, or an opcode that is no request's.
    pub fn decode(
        dialect: impl Into<Dialect>,
        opcode: Opcode,
        body: &'a [u8],
    ) -> Result<Self, WireError> {
        let dialect = dialect.into();
        let version = dialect.version;
        let mut reader = Reader::new(body);
        let reader = &mut reader;
        let request = match opcode {
            Opcode::Startup => Self::Startup(Startup::decode(reader)?),
            Opcode::Options => Self::Options,
            Opcode::AuthResponse => Self::AuthResponse(AuthResponse::decode(reader)?),
            Opcode::Query => Self::Query(Query::decode(version, reader)?),
            Opcode::Prepare => Self::Prepare(Prepare::decode(version, reader)?),
            Opcode::Execute => Self::Execute(Execute::decode(dialect, reader)?),
            Opcode::Batch => Self::Batch(Batch::decode(version, reader)?),
            Opcode::Register => Self::Register(Register::decode(reader)?),
            other => {
                return Err(WireError::Unknown {
                    what: "a request's opcode",
                    value: format!("{other:?}"),
                });
            }
        };
        reader.finish("a request")?;
        Ok(request)
    }
}

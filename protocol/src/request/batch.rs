use super::{QueryParameters, Values};
use crate::wire::{Reader, Writer};
use crate::{EncodeError, ProtocolVersion, WireError};

/// What holds the statements of a batch together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum BatchKind {
    /// All of them happen, in the end, or none.
    #[default]
    Logged = 0,
    /// Nothing but the request: some may happen and others not.
    Unlogged = 1,
    /// Counter updates only.
    Counter = 2,
}

/// Which statement of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement<'a> {
    /// By its text.
    Cql(&'a str),
    /// By the id that PREPARE gave it.
    Prepared(&'a [u8]),
}

/// One statement of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchStatement<'a> {
    /// The statement.
    pub statement: Statement<'a>,
    /// The values of its markers, by position.
    pub values: Values<'a>,
}

/// Several statements as one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<'a> {
    /// What holds the statements together.
    pub kind: BatchKind,
    /// The statements, in order.
    pub statements: Vec<BatchStatement<'a>>,
    /// Consistency, serial consistency, timestamp, keyspace and present; a batch has no use for the rest.
    pub parameters: QueryParameters<'a>,
}

impl<'a> Batch<'a> {
    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.put_byte(self.kind as u8);
        out.put_short_length("a batch", self.statements.len())?;
        for BatchStatement { statement, values } in &self.statements {
            match statement {
                Statement::Cql(cql) => {
                    out.put_byte(0);
                    out.put_long_string("a statement", cql)?;
                }
                Statement::Prepared(id) => {
                    out.put_byte(1);
                    out.put_short_bytes("a prepared id", id)?;
                }
            }
            if values.is_named() {
                return Err(EncodeError::NamedInBatch);
            }
            values.encode(out);
        }
        // Without values, page size and paging state this is just what a batch ends with.
        QueryParameters {
            values: Values::default(),
            skip_metadata: false,
            page_size: None,
            paging_state: None,
            ..self.parameters.clone()
        }
        .encode(version, out)
    }

    pub(super) fn decode(
        version: ProtocolVersion,
        reader: &mut Reader<'a>,
    ) -> Result<Self, WireError> {
        let kind = match reader.byte("a batch's kind")? {
            0 => BatchKind::Logged,
            1 => BatchKind::Unlogged,
            2 => BatchKind::Counter,
            kind => return Err(unknown("a batch's kind", kind)),
        };
        let count = reader.short_count("a batch's size", 5)?;
        let statements =
            (0..count).map(|_| decode_statement(reader)).collect::<Result<_, WireError>>()?;
        let parameters = QueryParameters::decode_of_batch(version, reader)?;
        Ok(Self { kind, statements, parameters })
    }
}

fn decode_statement<'a>(reader: &mut Reader<'a>) -> Result<BatchStatement<'a>, WireError> {
    let statement = match reader.byte("a statement's kind")? {
        0 => Statement::Cql(reader.long_string("a statement")?),
        1 => Statement::Prepared(reader.short_bytes("a prepared id")?),
        kind => return Err(unknown("a statement's kind", kind)),
    };
    Ok(BatchStatement { statement, values: Values::decode(reader, false)? })
}

fn unknown(what: &'static str, number: u8) -> WireError {
    WireError::Unknown { what, value: number.to_string() }
}

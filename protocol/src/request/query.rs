use super::QueryParameters;
use crate::wire::{Reader, Writer};
use crate::{EncodeError, ProtocolVersion, WireError};

/// A CQL text to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Query<'a> {
    /// The statement.
    pub cql: &'a str,
    /// Consistency, values, paging and the rest.
    pub parameters: QueryParameters<'a>,
}

impl<'a> Query<'a> {
    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.put_long_string("a statement", self.cql)?;
        self.parameters.encode(version, out)
    }

    pub(super) fn decode(
        version: ProtocolVersion,
        reader: &mut Reader<'a>,
    ) -> Result<Self, WireError> {
        Ok(Self {
            cql: reader.long_string("a statement")?,
            parameters: QueryParameters::decode(version, reader)?,
        })
    }
}

use super::QueryParameters;
use crate::wire::{Reader, Writer};
use crate::{Dialect, EncodeError, ProtocolVersion, WireError};

/// A prepared statement to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Execute<'a> {
    /// What PREPARE's answer called the statement.
    pub id: &'a [u8],
    /// What PREPARE's answer called the result's metadata. v5 needs it; v4 has room for it only where ScyllaDB's
    /// extension was agreed on, and it must be `None` elsewhere.
    pub result_metadata_id: Option<&'a [u8]>,
    /// Consistency, values, paging and the rest.
    pub parameters: QueryParameters<'a>,
}

impl<'a> Execute<'a> {
    #[inline]
    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.put_short_bytes("a prepared id", self.id)?;
        if version == ProtocolVersion::V5 || self.result_metadata_id.is_some() {
            let id = self.result_metadata_id.unwrap_or_default();
            out.put_short_bytes("a result metadata id", id)?;
        }
        self.parameters.encode(version, out)
    }

    pub(super) fn decode(dialect: Dialect, reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let id = reader.short_bytes("a prepared id")?;
        let result_metadata_id = if dialect.has_metadata_ids() {
            Some(reader.short_bytes("a result metadata id")?)
        } else {
            None
        };
        let parameters = QueryParameters::decode(dialect.version, reader)?;
        Ok(Self { id, result_metadata_id, parameters })
    }
}

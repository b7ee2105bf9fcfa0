use bytes::Bytes;

use super::ResultMetadata;
use super::metadata::GLOBAL_SPEC;
use crate::types::{decode_columns, decode_global_spec, encode_columns, has_global_spec};
use crate::wire::{Reader, Writer};
use crate::{ColumnSpec, Dialect, EncodeError, ProtocolVersion, WireError};

/// The answer to PREPARE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// What EXECUTE calls the statement.
    pub id: Bytes,
    /// What EXECUTE calls the result's metadata. v5, and v4 where ScyllaDB's extension was agreed on.
    pub result_metadata_id: Option<Bytes>,
    /// The statement's markers.
    pub metadata: PreparedMetadata,
    /// The columns of its rows; none for a statement that returns none.
    pub result: ResultMetadata,
}

/// The markers of a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PreparedMetadata {
    /// The flags beside the one that tells how the columns are written: extensions, such as ScyllaDB's mark of
    /// conditional statements, live here.
    pub flags: i32,
    /// For each column of the partition key the marker that it comes from; empty where not all come from markers.
    pub partition_key: Vec<u16>,
    /// The markers.
    pub columns: Vec<ColumnSpec>,
}

impl Prepared {
    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.put_short_bytes("a prepared id", &self.id)?;
        if version == ProtocolVersion::V5 || self.result_metadata_id.is_some() {
            let id = self.result_metadata_id.as_deref().unwrap_or_default();
            out.put_short_bytes("a result metadata id", id)?;
        }
        self.metadata.encode(version, out)?;
        self.result.encode(version, out)
    }

    pub(super) fn decode(
        dialect: Dialect,
        reader: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, WireError> {
        let id = body.slice_ref(reader.short_bytes("a prepared id")?);
        let result_metadata_id = if dialect.has_metadata_ids() {
            Some(body.slice_ref(reader.short_bytes("a result metadata id")?))
        } else {
            None
        };
        let metadata = PreparedMetadata::decode(reader)?;
        let result = ResultMetadata::decode(reader, body)?;
        Ok(Self { id, result_metadata_id, metadata, result })
    }
}

impl PreparedMetadata {
    fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let global = if has_global_spec(&self.columns) { GLOBAL_SPEC } else { 0 };
        out.put_int(self.flags & !GLOBAL_SPEC | global);
        out.put_length("a statement's markers", self.columns.len())?;
        out.put_length("a partition key", self.partition_key.len())?;
        for index in &self.partition_key {
            out.put_short(*index);
        }
        encode_columns(&self.columns, version, out)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let flags = reader.int("a statement's flags")?;
        let count = reader.count("a statement's markers", 4)?;
        let keys = reader.count("a partition key", 2)?;
        let partition_key = (0..keys)
            .map(|_| reader.short("a partition key's marker"))
            .collect::<Result<_, _>>()?;
        // Without markers Cassandra sends no table either, whatever the flag says.
        let has_global = flags & GLOBAL_SPEC != 0 && count > 0;
        let global = decode_global_spec(reader, has_global)?;
        let columns = decode_columns(reader, &global, count)?;
        Ok(Self { flags: flags & !GLOBAL_SPEC, partition_key, columns })
    }
}

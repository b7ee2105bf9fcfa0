use bytes::Bytes;

use super::ResultMetadata;
use crate::row::TypedRows;
use crate::wire::{Reader, Writer};
use crate::{ColumnSpec, DecodeRow, EncodeError, ProtocolVersion, RowMismatch, WireError};

/// A page of rows, still in its wire form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The columns, and where the next page starts.
    pub metadata: ResultMetadata,
    /// How many rows there are.
    pub count: usize,
    /// The rows: for each its columns' values, each behind its length.
    pub content: Bytes,
}

impl Rows {
    /// The rows one by one, as `T`. `columns` are those of the metadata, or, where that has none, of PREPARE's
    /// answer.
    ///
    /// # Errors
    /// Columns that do not match `T`, or that are not as many as the rows have: a v4 server does not tell that a
    /// table changed after a statement was prepared.
    #[inline]
    pub fn typed<'frame, T: DecodeRow<'frame>>(
        &'frame self,
        columns: &'frame [ColumnSpec],
    ) -> Result<TypedRows<'frame, T>, RowMismatch> {
        TypedRows::of(columns, self.metadata.column_count, self.count, &self.content)
    }

    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        self.metadata.encode(version, out)?;
        out.put_length("a result's rows", self.count)?;
        out.put(&self.content);
        Ok(())
    }

    pub(super) fn decode(reader: &mut Reader<'_>, body: &Bytes) -> Result<Self, WireError> {
        let metadata = ResultMetadata::decode(reader, body)?;
        let count = Self::decode_count(reader, metadata.column_count)?;
        let content = reader.take("a result's rows", reader.remaining().len())?;
        Ok(Self { metadata, count, content: body.slice_ref(content) })
    }

    /// How many rows follow: no more than their bytes have room for.
    #[inline]
    pub(super) fn decode_count(
        reader: &mut Reader<'_>,
        column_count: usize,
    ) -> Result<usize, WireError> {
        let each = column_count.saturating_mul(4).max(1);
        reader.count("a result's rows", each)
    }
}

use bytes::Bytes;

use super::slice_of;
use crate::types::{decode_columns, decode_global_spec, encode_columns, has_global_spec};
use crate::wire::{Reader, Writer};
use crate::{ColumnSpec, EncodeError, ProtocolVersion, WireError};

pub(super) const GLOBAL_SPEC: i32 = 0x01;
pub(super) const MORE_PAGES: i32 = 0x02;
pub(super) const NO_METADATA: i32 = 0x04;
pub(super) const METADATA_CHANGED: i32 = 0x08;

/// What a result says about its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultMetadata {
    /// How many columns each row has, which is known even where `columns` are left out.
    pub column_count: usize,
    /// The columns; `None` where the client said that it knows them.
    pub columns: Option<Vec<ColumnSpec>>,
    /// Where the next page starts; `None` on the last page.
    pub paging_state: Option<Bytes>,
    /// The id of metadata that is no longer what the client holds. v5, and v4 where ScyllaDB's extension was agreed
    /// on.
    pub new_metadata_id: Option<Bytes>,
}

impl ResultMetadata {
    /// The metadata of rows of these columns, on their last page.
    pub fn of(columns: Vec<ColumnSpec>) -> Self {
        Self { column_count: columns.len(), columns: Some(columns), ..Self::default() }
    }

    pub(super) fn encode(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        // Where Cassandra leaves out the metadata of rows, it leaves the global bit set.
        let global = self.columns.as_deref().map_or(self.column_count > 0, has_global_spec);
        let set = |is_set: bool, flag: i32| if is_set { flag } else { 0 };
        out.put_int(
            set(global, GLOBAL_SPEC)
                | set(self.paging_state.is_some(), MORE_PAGES)
                | set(self.columns.is_none(), NO_METADATA)
                | set(self.new_metadata_id.is_some(), METADATA_CHANGED),
        );
        let column_count = self.columns.as_ref().map_or(self.column_count, Vec::len);
        out.put_length("a result's columns", column_count)?;
        if let Some(state) = &self.paging_state {
            out.put_bytes("a paging state", Some(state))?;
        }
        if let Some(id) = &self.new_metadata_id {
            out.put_short_bytes("a result metadata id", id)?;
        }
        match &self.columns {
            Some(columns) => encode_columns(columns, version, out),
            None => Ok(()),
        }
    }

    #[inline]
    pub(super) fn decode(reader: &mut Reader<'_>, body: &Bytes) -> Result<Self, WireError> {
        let flags = reader.int("a result's flags")?;
        let has_columns = flags & NO_METADATA == 0;
        // A column takes at least its name's length and its type's code.
        let column_count = reader.count("a result's columns", if has_columns { 4 } else { 0 })?;
        let paging_state = if flags & MORE_PAGES != 0 {
            slice_of(body, reader.bytes("a paging state")?)
        } else {
            None
        };
        let new_metadata_id = if flags & METADATA_CHANGED != 0 {
            slice_of(body, Some(reader.short_bytes("a result metadata id")?))
        } else {
            None
        };
        // Where there are no columns there is no global spec either, whatever its bit says.
        let columns = if has_columns {
            let global = decode_global_spec(reader, flags & GLOBAL_SPEC != 0)?;
            Some(decode_columns(reader, &global, column_count)?)
        } else {
            None
        };
        Ok(Self { column_count, columns, paging_state, new_metadata_id })
    }
}

use bytes::{Buf, Bytes};

use super::metadata::{METADATA_CHANGED, MORE_PAGES, NO_METADATA};
use super::{ROWS, ResultMetadata, Rows, VOID, slice_of};
use crate::row::TypedRows;
use crate::wire::Reader;
use crate::{ColumnSpec, DecodeRow, FrameFlags, Opcode, RowMismatch};

/// What most answers are: rows whose columns are known, or the word that it was done, with nothing else to say.
///
/// Reading it costs a fraction of what it costs to read a [`ResponseBody`](super::ResponseBody), which can be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlainResult {
    /// RESULT of kind Void.
    Void,
    /// RESULT of kind Rows without columns.
    Rows(PlainRows),
}

/// A page of rows, still in its wire form, whose columns are told elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainRows {
    /// How many columns each row has.
    pub column_count: usize,
    /// Where the next page starts; `None` on the last page.
    pub paging_state: Option<Bytes>,
    /// How many rows there are.
    pub count: usize,
    /// The rows: for each its columns' values, each behind its length.
    pub content: Bytes,
}

impl PlainRows {
    /// The rows one by one, as `T`.
    ///
    /// # Errors
    /// As [`Rows::typed`].
    #[inline]
    pub fn typed<'frame, T: DecodeRow<'frame>>(
        &'frame self,
        columns: &'frame [ColumnSpec],
    ) -> Result<TypedRows<'frame, T>, RowMismatch> {
        TypedRows::of(columns, self.column_count, self.count, &self.content)
    }
}

impl From<Rows> for PlainRows {
    fn from(rows: Rows) -> Self {
        let Rows { metadata, count, content } = rows;
        let ResultMetadata { column_count, paging_state, .. } = metadata;
        Self { column_count, paging_state, count, content }
    }
}

impl PlainResult {
    /// Reads the (uncompressed) body of a response; values stay in its memory.
    ///
    /// # Errors
    /// The body as it was, where it is anything else, or damaged: [`ResponseBody::decode`](super::ResponseBody::decode)
    /// tells.
    #[inline]
    pub fn decode(flags: FrameFlags, opcode: Opcode, mut body: Bytes) -> Result<Self, Bytes> {
        let says_more = FrameFlags::TRACING | FrameFlags::WARNING | FrameFlags::PAYLOAD;
        if opcode != Opcode::Result || flags.intersects(says_more) {
            return Err(body);
        }
        if let Some((column_count, paging_state, count, start)) = plain_rows(&body) {
            body.advance(start);
            return Ok(Self::Rows(PlainRows { column_count, paging_state, count, content: body }));
        }
        match *body == VOID.to_be_bytes() {
            true => Ok(Self::Void),
            false => Err(body),
        }
    }
}

/// What a RESULT of kind Rows without columns says, and where its rows start.
#[inline]
fn plain_rows(body: &Bytes) -> Option<(usize, Option<Bytes>, usize, usize)> {
    let mut reader = Reader::new(body);
    if reader.int("a result's kind").ok()? != ROWS {
        return None;
    }
    let flags = reader.int("a result's flags").ok()?;
    if flags & (NO_METADATA | METADATA_CHANGED) != NO_METADATA {
        return None;
    }
    let column_count = reader.count("a result's columns", 0).ok()?;
    let paging_state = match flags & MORE_PAGES {
        0 => None,
        _ => slice_of(body, reader.bytes("a paging state").ok()?),
    };
    let count = Rows::decode_count(&mut reader, column_count).ok()?;
    Some((column_count, paging_state, count, body.len() - reader.remaining().len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CqlType, ProtocolVersion, Response, ResponseBody};

    fn rows(metadata: ResultMetadata) -> Response {
        let content = Bytes::from_static(&[0, 0, 0, 1, 7]);
        Response::Rows(Rows { metadata, count: 1, content })
    }

    fn plain(response: impl Into<ResponseBody>) -> Option<PlainResult> {
        let body = response.into();
        let mut bytes = Vec::new();
        body.encode(ProtocolVersion::V5, &mut bytes).unwrap();
        PlainResult::decode(body.flags(), body.response.opcode(), bytes.into()).ok()
    }

    #[test]
    fn rows_without_columns_and_void_are_plain() {
        let metadata = ResultMetadata { column_count: 1, ..ResultMetadata::default() };
        let more =
            ResultMetadata { paging_state: Some(Bytes::from_static(b"p")), ..metadata.clone() };
        for metadata in [metadata, more] {
            let Response::Rows(expected) = rows(metadata.clone()) else { panic!("rows") };
            assert_eq!(plain(rows(metadata)), Some(PlainResult::Rows(expected.into())));
        }
        assert_eq!(plain(Response::Void), Some(PlainResult::Void));
    }

    #[test]
    fn what_says_more_is_left_to_others() {
        let column = ColumnSpec::new("ks", "t", "c", CqlType::TinyInt);
        let changed = ResultMetadata {
            column_count: 1,
            new_metadata_id: Some(Bytes::from_static(b"id")),
            ..ResultMetadata::default()
        };
        assert_eq!(plain(rows(ResultMetadata::of(vec![column]))), None);
        assert_eq!(plain(rows(changed)), None);
        assert_eq!(plain(Response::SetKeyspace("ks".to_owned())), None);
        assert_eq!(plain(Response::Ready), None);
        let warned = ResponseBody { warnings: vec!["!".to_owned()], ..Response::Void.into() };
        assert_eq!(plain(warned), None);
    }

    #[test]
    fn what_is_damaged_is_left_to_others() {
        for body in [&[][..], &[0, 0, 0, 2], &[0, 0, 0, 1, 9], &[0, 0, 0, 2, 0, 0, 0, 4, 0]] {
            let body = Bytes::copy_from_slice(body);
            let decoded = PlainResult::decode(FrameFlags::NONE, Opcode::Result, body.clone());
            assert_eq!(decoded, Err(body));
        }
    }
}

use helenus_protocol::{ColumnSpec, CqlType, Response, ResultMetadata, RowWriter, Rows};

use super::dialect::Dialect;
use super::pages::Pages;
use crate::Error;
use crate::items::{KEYSPACE, TABLE, payload};

const STREAM: std::ops::Range<usize> = 2..4;

/// The answers that requests for `bench.items` get, as frames of one dialect.
#[derive(Debug)]
pub(super) struct Answers {
    row: Template,
    row_without_metadata: Template,
    void: Vec<u8>,
    pub(super) pages: Pages,
}

/// The frame of one row, and where its key stands.
#[derive(Debug)]
struct Template {
    frame: Vec<u8>,
    key: std::ops::Range<usize>,
}

impl Answers {
    pub(super) fn new(dialect: Dialect) -> Result<Self, Error> {
        Ok(Self {
            row: Template::new(dialect, ResultMetadata::of(columns()))?,
            row_without_metadata: Template::new(dialect, without_columns())?,
            void: dialect.frame(Response::Void, 0)?,
            pages: Pages::new(dialect),
        })
    }

    /// Appends the row with this key.
    pub(super) fn row(
        &self,
        stream: [u8; 2],
        key: [u8; 8],
        skip_metadata: bool,
        out: &mut Vec<u8>,
    ) {
        let template = if skip_metadata { &self.row_without_metadata } else { &self.row };
        let start = out.len();
        out.extend_from_slice(&template.frame);
        let frame = &mut out[start..];
        put_stream(frame, stream);
        frame[template.key.clone()].copy_from_slice(&key);
    }

    /// Appends that a write is done.
    pub(super) fn void(&self, stream: [u8; 2], out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.void);
        put_stream(&mut out[start..], stream);
    }
}

/// Gives a frame another stream.
pub(super) fn put_stream(frame: &mut [u8], stream: [u8; 2]) {
    frame[STREAM].copy_from_slice(&stream);
}

impl Template {
    fn new(dialect: Dialect, metadata: ResultMetadata) -> Result<Self, Error> {
        // Nothing else in the frame looks like this key, so LZ4 leaves it as it is and refers to it from nowhere.
        let key = 0x9d1c_f3a7_52e8_0b64_u64.cast_signed();
        let mut content = Vec::new();
        write_row(key, &payload(key), &columns(), &mut content)?;
        let rows = Rows { metadata, count: 1, content: content.into() };
        let frame = dialect.frame(Response::Rows(rows), 0)?;
        let key = key.to_be_bytes();
        let at = frame.windows(key.len()).position(|window| window == key);
        let at = at.ok_or("the key cannot be found in the answer to a read")?;
        Ok(Self { frame, key: at..at + key.len() })
    }
}

/// Appends a row of `bench.items` as a result carries it.
pub(super) fn write_row(
    id: i64,
    payload: &[u8],
    columns: &[ColumnSpec],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut writer = RowWriter::new(columns, out);
    writer.value(&id)?;
    writer.value(payload)?;
    writer.finish()?;
    Ok(())
}

pub(super) fn columns() -> Vec<ColumnSpec> {
    let columns = [("id", CqlType::BigInt), ("payload", CqlType::Blob)];
    columns.map(|(name, ty)| ColumnSpec::new(KEYSPACE, TABLE, name, ty)).into()
}

/// The metadata of rows whose columns the client knows from PREPARE.
pub(super) fn without_columns() -> ResultMetadata {
    ResultMetadata { columns: None, ..ResultMetadata::of(columns()) }
}

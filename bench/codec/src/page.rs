use bytes::Bytes;
use helenus_protocol::{
    ColumnSpec, CqlTimestamp, CqlType, EncodeRow, ProtocolVersion, Response, ResponseBody,
    ResultMetadata, RowWriter, Rows,
};

use crate::Error;

/// A page of (bigint, text, double, timestamp, list<int>), as the body of a RESULT frame.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) body: Bytes,
}

impl Page {
    pub(crate) const ROWS: usize = 5_000;

    pub(crate) fn new() -> Result<Self, Error> {
        let columns = columns();
        let mut content = Vec::new();
        for id in 0..Self::ROWS as i64 {
            let mut writer = RowWriter::new(&columns, &mut content);
            row(id).encode_row(&mut writer)?;
            writer.finish()?;
        }
        let metadata = ResultMetadata::of(columns);
        let rows = Rows { metadata, count: Self::ROWS, content: content.into() };
        let mut body = Vec::new();
        ResponseBody::from(Response::Rows(rows)).encode(ProtocolVersion::V4, &mut body)?;
        Ok(Self { body: body.into() })
    }
}

fn columns() -> Vec<ColumnSpec> {
    let columns = [
        ("id", CqlType::BigInt),
        ("sensor", CqlType::Text),
        ("value", CqlType::Double),
        ("taken_at", CqlType::Timestamp),
        ("samples", CqlType::List(Box::new(CqlType::Int))),
    ];
    columns.map(|(name, ty)| ColumnSpec::new("bench", "readings", name, ty)).into()
}

/// Texts of 16 to 39 bytes and lists of 0 to 9 elements.
fn row(id: i64) -> (i64, String, f64, CqlTimestamp, Vec<i32>) {
    let tail = "abcdefghijklmnopqrstuvwx".chars().take(id as usize * 7 % 24);
    let sensor = format!("sensor/{id:08}/").chars().chain(tail).collect();
    let samples = (0..id as i32 * 3 % 10).map(|at| at * 1_000 - id as i32).collect();
    let taken_at = CqlTimestamp(1_700_000_000_000 + id * 250);
    (id, sensor, id as f64 * 0.125, taken_at, samples)
}

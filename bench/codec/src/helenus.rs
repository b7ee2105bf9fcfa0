use std::hint::black_box;

use bytes::Bytes;
use helenus_macros::DecodeRow;
use helenus_protocol::{
    BoundValues, Consistency, CqlTimestamp, Execute, FrameCodec, FrameFlags, ListIter, Opcode,
    Prepared, ProtocolVersion, QueryParameters, Request, Response, ResponseBody, Rows,
};

use crate::Error;
use crate::checksum::Checksum;
use crate::statement::{Statement, Values};

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct Reading<'a> {
    id: i64,
    sensor: &'a str,
    value: f64,
    taken_at: CqlTimestamp,
    samples: Vec<i32>,
}

#[derive(DecodeRow)]
#[helenus(crate = "helenus_protocol")]
struct BorrowedReading<'a> {
    id: i64,
    sensor: &'a str,
    value: f64,
    taken_at: CqlTimestamp,
    samples: ListIter<'a, i32>,
}

pub(crate) fn decode(body: &Bytes) -> Result<Checksum, Error> {
    let rows = rows(body)?;
    let columns = rows.metadata.columns.as_deref().unwrap_or_default();
    let mut checksum = Checksum::default();
    for row in rows.typed::<Reading<'_>>(columns)? {
        let Reading { id, sensor, value, taken_at, samples } = black_box(row?);
        let samples = samples.into_iter().map(i64::from).sum();
        checksum.add(id, sensor, value, taken_at.0, samples);
    }
    Ok(checksum)
}

pub(crate) fn decode_borrowed(body: &Bytes) -> Result<Checksum, Error> {
    let rows = rows(body)?;
    let columns = rows.metadata.columns.as_deref().unwrap_or_default();
    let mut checksum = Checksum::default();
    for row in rows.typed::<BorrowedReading<'_>>(columns)? {
        let BorrowedReading { id, sensor, value, taken_at, samples } = black_box(row?);
        let mut sum = 0;
        for sample in samples {
            sum += i64::from(sample?);
        }
        checksum.add(id, sensor, value, taken_at.0, sum);
    }
    Ok(checksum)
}

fn response(body: &Bytes) -> Result<Response, Error> {
    let body = ResponseBody::decode(ProtocolVersion::V4, FrameFlags::NONE, Opcode::Result, body)?;
    Ok(body.response)
}

fn rows(body: &Bytes) -> Result<Rows, Error> {
    match response(body)? {
        Response::Rows(rows) => Ok(rows),
        other => Err(format!("not rows: {other:?}").into()),
    }
}

pub(crate) struct Encoder {
    prepared: Prepared,
}

impl Encoder {
    pub(crate) fn new(statement: &Statement) -> Result<Self, Error> {
        match response(&statement.body)? {
            Response::Prepared(prepared) => Ok(Self { prepared }),
            other => Err(format!("not a prepared statement: {other:?}").into()),
        }
    }

    pub(crate) fn encode(&self, values: &Values) -> Result<Vec<u8>, Error> {
        let mut frame = Vec::new();
        self.encode_into(values, &mut frame)?;
        Ok(frame)
    }

    /// Into a buffer that is kept, as Helenus' own driver does.
    pub(crate) fn encode_into(&self, values: &Values, frame: &mut Vec<u8>) -> Result<(), Error> {
        let row = (
            values.id,
            values.sensor.as_str(),
            values.value,
            CqlTimestamp(values.taken_at),
            values.samples.as_slice(),
            values.count,
            values.valid,
            values.trace,
            values.raw.as_slice(),
            values.error,
        );
        let bound = BoundValues::encode(&row, &self.prepared.metadata.columns)?;
        let mut parameters = QueryParameters::new(Consistency::LocalQuorum);
        parameters.values = bound.as_values();
        let execute = Execute { id: &self.prepared.id, result_metadata_id: None, parameters };
        let codec = FrameCodec::new(ProtocolVersion::V4);
        frame.clear();
        codec.encode_request(&Request::Execute(execute), 0, FrameFlags::NONE, frame)?;
        Ok(())
    }
}

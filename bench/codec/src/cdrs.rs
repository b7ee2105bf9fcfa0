use std::hint::black_box;

use bytes::Bytes;
use cdrs_tokio::TryFromRow;
use cdrs_tokio::compression::Compression;
use cdrs_tokio::consistency::Consistency;
use cdrs_tokio::frame::message_response::ResponseBody;
use cdrs_tokio::frame::message_result::BodyResResultPrepared;
use cdrs_tokio::frame::{Envelope, Flags, Opcode, TryFromRow, Version};
use cdrs_tokio::query_values;
use cdrs_tokio::statement::StatementParamsBuilder;
use cdrs_tokio::types::blob::Blob;

use crate::Error;
use crate::checksum::Checksum;
use crate::statement::{Statement, Values};

#[derive(TryFromRow)]
struct Reading {
    id: i64,
    sensor: String,
    value: f64,
    taken_at: i64,
    samples: Vec<i32>,
}

pub(crate) fn decode(body: &Bytes) -> Result<Checksum, Error> {
    let rows = response(body)?.into_rows().ok_or("not rows")?;
    let mut checksum = Checksum::default();
    for row in rows {
        let Reading { id, sensor, value, taken_at, samples } =
            black_box(Reading::try_from_row(row)?);
        let samples = samples.into_iter().map(i64::from).sum();
        checksum.add(id, &sensor, value, taken_at, samples);
    }
    Ok(checksum)
}

fn response(body: &Bytes) -> Result<ResponseBody, Error> {
    Ok(ResponseBody::try_from(body, Opcode::Result, Version::V4)?)
}

pub(crate) struct Encoder {
    prepared: BodyResResultPrepared,
}

impl Encoder {
    pub(crate) fn new(statement: &Statement) -> Result<Self, Error> {
        let prepared = response(&statement.body)?.into_prepared();
        Ok(Self { prepared: prepared.ok_or("not a prepared statement")? })
    }

    pub(crate) fn encode(&self, values: &Values) -> Result<Vec<u8>, Error> {
        // It takes lists and blobs by value only.
        let values = query_values!(
            values.id,
            values.sensor.as_str(),
            values.value,
            values.taken_at,
            values.samples.clone(),
            values.count,
            values.valid,
            values.trace,
            Blob::new(values.raw.clone()),
            values.error
        );
        let parameters = StatementParamsBuilder::new()
            .with_consistency(Consistency::LocalQuorum)
            .with_values(values)
            .build();
        let envelope = Envelope::new_req_execute(
            &self.prepared.id,
            None,
            &parameters.query_params,
            Flags::empty(),
            Version::V4,
        );
        Ok(envelope.encode_with(Compression::None)?)
    }
}

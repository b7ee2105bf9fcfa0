use std::borrow::Cow;
use std::hint::black_box;

use bytes::Bytes;
use scylla_cql::deserialize::row::DeserializeRow;
use scylla_cql::deserialize::value::ListlikeIterator;
use scylla_cql::frame::SerializedRequest;
use scylla_cql::frame::protocol_features::ProtocolFeatures;
use scylla_cql::frame::request::execute::ExecuteV2;
use scylla_cql::frame::request::query::{PagingState, QueryParameters};
use scylla_cql::frame::response::result::{self, DeserializedMetadataAndRawRows, Prepared};
use scylla_cql::frame::response::{ResponseOpcode, ResponseV2};
use scylla_cql::serialize::row::{RowSerializationContext, SerializedValues};
use scylla_cql::value::CqlTimestamp;
use scylla_cql::{Consistency, DeserializeRow};

use crate::Error;
use crate::checksum::Checksum;
use crate::statement::{Statement, Values};

#[derive(DeserializeRow)]
#[scylla(crate = scylla_cql)]
struct Reading<'a> {
    id: i64,
    sensor: &'a str,
    value: f64,
    taken_at: CqlTimestamp,
    samples: Vec<i32>,
}

#[derive(DeserializeRow)]
#[scylla(crate = scylla_cql, flavor = "enforce_order", skip_name_checks)]
struct OrderedReading<'a> {
    id: i64,
    sensor: &'a str,
    value: f64,
    taken_at: CqlTimestamp,
    samples: Vec<i32>,
}

/// A tuple, as the derive cannot name the lifetimes that the iterator needs.
type BorrowedReading<'a> = (i64, &'a str, f64, CqlTimestamp, ListlikeIterator<'a, 'a, i32>);

pub(crate) fn decode(body: &Bytes) -> Result<Checksum, Error> {
    let mut checksum = Checksum::default();
    each(&rows(body)?, |row| {
        let Reading { id, sensor, value, taken_at, samples } = row;
        let samples = samples.into_iter().map(i64::from).sum();
        checksum.add(id, sensor, value, taken_at.0, samples);
        Ok(())
    })?;
    Ok(checksum)
}

pub(crate) fn decode_in_order(body: &Bytes) -> Result<Checksum, Error> {
    let mut checksum = Checksum::default();
    each(&rows(body)?, |row| {
        let OrderedReading { id, sensor, value, taken_at, samples } = row;
        let samples = samples.into_iter().map(i64::from).sum();
        checksum.add(id, sensor, value, taken_at.0, samples);
        Ok(())
    })?;
    Ok(checksum)
}

pub(crate) fn decode_borrowed(body: &Bytes) -> Result<Checksum, Error> {
    let mut checksum = Checksum::default();
    each(&rows(body)?, |row: BorrowedReading<'_>| {
        let (id, sensor, value, taken_at, samples) = row;
        let mut sum = 0;
        for sample in samples {
            sum += i64::from(sample?);
        }
        checksum.add(id, sensor, value, taken_at.0, sum);
        Ok(())
    })?;
    Ok(checksum)
}

fn each<'a, R: DeserializeRow<'a, 'a>>(
    rows: &'a DeserializedMetadataAndRawRows,
    mut add: impl FnMut(R) -> Result<(), Error>,
) -> Result<(), Error> {
    for row in rows.rows_iter::<R>()? {
        add(black_box(row?))?;
    }
    Ok(())
}

fn result(body: &Bytes) -> Result<result::Result, Error> {
    let features = ProtocolFeatures::default();
    let opcode = ResponseOpcode::Result;
    match ResponseV2::deserialize(&features, opcode, body.clone(), None)? {
        ResponseV2::Result(result) => Ok(result),
        other => Err(format!("not a result: {other:?}").into()),
    }
}

fn rows(body: &Bytes) -> Result<DeserializedMetadataAndRawRows, Error> {
    match result(body)? {
        result::Result::Rows((rows, _)) => Ok(rows.deserialize_metadata()?),
        other => Err(format!("not rows: {other:?}").into()),
    }
}

pub(crate) struct Encoder {
    prepared: Prepared,
}

impl Encoder {
    pub(crate) fn new(statement: &Statement) -> Result<Self, Error> {
        match result(&statement.body)? {
            result::Result::Prepared(prepared) => Ok(Self { prepared }),
            other => Err(format!("not a prepared statement: {other:?}").into()),
        }
    }

    pub(crate) fn encode(&self, values: &Values) -> Result<SerializedRequest, Error> {
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
        let context = RowSerializationContext::from_prepared(&self.prepared.prepared_metadata);
        let values = SerializedValues::from_serializable(&context, &row)?;
        let execute = ExecuteV2 {
            id: self.prepared.id.as_ref().into(),
            result_metadata_id: None,
            parameters: QueryParameters {
                consistency: Consistency::LocalQuorum,
                serial_consistency: None,
                timestamp: None,
                page_size: None,
                paging_state: PagingState::start(),
                skip_metadata: false,
                values: Cow::Borrowed(&values),
            },
            tablet_version_block: None,
        };
        Ok(SerializedRequest::make(&execute, None, false)?)
    }
}

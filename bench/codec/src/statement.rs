use bytes::Bytes;
use helenus_protocol::{
    ColumnSpec, CqlType, Prepared, PreparedMetadata, ProtocolVersion, Response, ResponseBody,
    ResultMetadata,
};
use uuid::Uuid;

use crate::Error;

/// A prepared statement of ten markers, as the body of the RESULT frame that answered PREPARE.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) body: Bytes,
}

impl Statement {
    pub(crate) fn new() -> Result<Self, Error> {
        let markers = [
            ("id", CqlType::BigInt),
            ("sensor", CqlType::Text),
            ("value", CqlType::Double),
            ("taken_at", CqlType::Timestamp),
            ("samples", CqlType::List(Box::new(CqlType::Int))),
            ("count", CqlType::Int),
            ("valid", CqlType::Boolean),
            ("trace", CqlType::Uuid),
            ("raw", CqlType::Blob),
            ("error", CqlType::Float),
        ];
        let column = |(name, ty)| ColumnSpec::new("bench", "readings", name, ty);
        let prepared = Prepared {
            id: Bytes::from_static(&[0xA5; 16]),
            result_metadata_id: None,
            metadata: PreparedMetadata {
                flags: 0,
                partition_key: vec![0],
                columns: markers.map(column).into(),
            },
            result: ResultMetadata::default(),
        };
        let mut body = Vec::new();
        ResponseBody::from(Response::Prepared(prepared)).encode(ProtocolVersion::V4, &mut body)?;
        Ok(Self { body: body.into() })
    }
}

/// What the user has in hand for the ten markers.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    pub(crate) id: i64,
    pub(crate) sensor: String,
    pub(crate) value: f64,
    pub(crate) taken_at: i64,
    pub(crate) samples: Vec<i32>,
    pub(crate) count: i32,
    pub(crate) valid: bool,
    pub(crate) trace: Uuid,
    pub(crate) raw: Vec<u8>,
    pub(crate) error: f32,
}

impl Values {
    pub(crate) fn new() -> Self {
        Self {
            id: 4_711,
            sensor: "sensor/00004711/abcdefgh".into(),
            value: 21.375,
            taken_at: 1_700_000_000_000,
            samples: vec![3, 1, 4, 1, 5],
            count: 5,
            valid: true,
            trace: Uuid::from_u128(0x0123_4567_89AB_CDEF_0123_4567_89AB_CDEF),
            raw: vec![0x5A; 32],
            error: 0.25,
        }
    }
}

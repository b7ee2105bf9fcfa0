//! The CQL native protocol, v4 and v5, without I/O: bytes in, messages out, and back.
//!
//! A driver, a server or a proxy brings its own sockets. [`FrameHeader`] and [`FrameCodec`] cut frames out of a byte
//! stream, which v5 wraps in segments ([`SegmentEncoder`], [`SegmentDecoder`]); [`Request`] and [`ResponseBody`] turn
//! their bodies into messages, in both directions; [`EncodeValue`], [`DecodeValue`], [`EncodeRow`] and [`DecodeRow`]
//! turn Rust values into CQL's wire form and back without copying text or blobs; [`Token`] places a partition key on
//! the ring. What ScyllaDB adds is in [`ScyllaExtensions`], [`ShardingInfo`] and [`Tablet`].
//!
//! Nothing that is decoded is trusted: no input panics, and none makes this crate reserve more than a small multiple
//! of the bytes that have arrived.
//!
//! # Features
//!
//! None is on by default. `snappy` adds that compression to v4. `chrono`, `time`, `num-bigint`, `bigdecimal` and
//! `rust_decimal` make the types of those crates values; `serde_json` turns any [`Value`] into JSON.
//!
//! ```
//! use helenus_protocol::{
//!     Consistency, FrameCodec, FrameFlags, FrameHeader, ProtocolVersion, Query, QueryParameters, Request,
//! };
//!
//! let query = Request::Query(Query {
//!     cql: "SELECT * FROM system.local",
//!     parameters: QueryParameters::new(Consistency::One),
//! });
//! let codec = FrameCodec::new(ProtocolVersion::V4);
//! let mut frame = Vec::new();
//! codec.encode_request(&query, 7, FrameFlags::NONE, &mut frame)?;
//!
//! let header = FrameHeader::decode(&frame)?.expect("nine bytes are there");
//! let body = &frame[FrameHeader::LENGTH..];
//! assert_eq!(header.stream, 7);
//! assert_eq!(Request::decode(header.version, header.opcode, body)?, query);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compression;
mod consistency;
mod conversion;
mod error;
mod frame;
mod payload;
mod request;
mod response;
mod row;
mod scylla;
mod segment;
mod token;
mod types;
mod value;
mod wire;

pub use compression::{Compression, CompressionError};
pub use consistency::{Consistency, SerialConsistency};
pub use error::{EncodeError, WireError};
pub use frame::{
    Dialect, Direction, FrameCodec, FrameError, FrameFlags, FrameHeader, Opcode, ProtocolVersion,
};
pub use payload::Payload;
pub use request::{
    AuthResponse, Batch, BatchKind, BatchStatement, Execute, NamedValues, Prepare, Query,
    QueryParameters, Register, Request, RequestBody, Startup, Statement, Values,
};
pub use response::{
    ErrorKind, Event, FailureReason, PlainResult, PlainRows, Prepared, PreparedMetadata,
    RateLimitedOperation, Response, ResponseBody, ResultMetadata, Rows, SchemaChange,
    SchemaChangeKind, SchemaTarget, ServerError, StatusChange, Supported, TopologyChange,
    WriteType,
};
pub use row::{
    DecodeRow, DecodeRowError, EncodeRow, EncodeRowError, Row, RowCells, RowIter, RowMismatch,
    RowWriter, TypedRows,
};
pub use scylla::{ScyllaExtensions, ShardingInfo, Tablet, TabletError};
pub use segment::{Segment, SegmentDecoder, SegmentEncoder, SegmentError, SegmentFormat};
pub use token::{Token, TokenBuilder};
pub use types::{ColumnSpec, CqlType, UdtType};
pub use value::{
    BoundValues, Cell, Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlVarint,
    DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, Fields, ListIter,
    MapIter, TypeMismatch, UdtWriter, Unset, Value,
};
pub use wire::Reader;

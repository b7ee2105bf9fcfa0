//! Rows in both directions: a statement's values, and a result's rows.

mod decode;
mod encode;
mod tuple;

pub use decode::{DecodeRow, DecodeRowError, Row, RowIter, RowMismatch, TypedRows};
pub use encode::{EncodeRow, EncodeRowError, RowWriter};

//! Rows in both directions: a statement's values, and a result's rows.

mod cells;
mod decode;
mod encode;
mod rows;
mod tuple;

pub use cells::RowCells;
pub use decode::{DecodeRow, DecodeRowError, RowMismatch};
pub use encode::{EncodeRow, EncodeRowError, RowWriter};
pub use rows::{Row, RowIter, TypedRows};

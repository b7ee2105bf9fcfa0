//! Rust values in CQL's wire form, and back.

mod bound;
mod calendar;
mod collection;
mod decode;
mod dynamic;
mod encode;
mod fields;
mod mismatch;
mod number;
mod primitive;
mod temporal;
mod text;
mod tuple;
mod udt;
mod vector;
mod vint;

pub use bound::BoundValues;
pub use collection::{ListIter, MapIter};
pub use decode::{DecodeValue, DecodeValueError};
pub use dynamic::Value;
pub(crate) use encode::encode_cell;
pub use encode::{EncodeValue, EncodeValueError, Encoded, Unset};
pub use fields::Fields;
pub use mismatch::TypeMismatch;
pub use number::{Counter, CqlDecimal, CqlVarint};
pub use temporal::{CqlDate, CqlDuration, CqlTime, CqlTimestamp};
pub use udt::UdtWriter;

/// A `[value]` as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Bytes; none at all is an empty value, which is not null.
    Value(&'a [u8]),
    /// Null: the column is deleted.
    Null,
    /// Unset: the column is left as it is. In requests only.
    Unset,
}

impl<'a> Cell<'a> {
    /// The bytes, if there are any.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Value(bytes) => Some(bytes),
            Self::Null | Self::Unset => None,
        }
    }
}

use thiserror::Error;

use super::TypeMismatch;
use crate::CqlType;
use crate::wire::{Writer, reserve_length};

/// What an [`EncodeValue`] left behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoded {
    /// The value's bytes, of which there may be none.
    Value,
    /// Nothing: the value is null.
    Null,
    /// Nothing: the column shall be left as it is.
    Unset,
}

/// A Rust type whose values can be bound to a marker.
///
/// ```
/// use helenus_protocol::{CqlType, EncodeValue, EncodeValueError, Encoded};
///
/// struct Celsius(f32);
///
/// impl EncodeValue for Celsius {
///     fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
///         self.0.encode(ty, out)
///     }
/// }
///
/// let mut bytes = Vec::new();
/// assert_eq!(Celsius(21.5).encode(&CqlType::Float, &mut bytes)?, Encoded::Value);
/// assert_eq!(bytes, 21.5f32.to_be_bytes());
/// # Ok::<(), EncodeValueError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as a CQL value",
    label = "no CQL type is written from this",
    note = "derive `EncodeValue` for `{Self}`, or convert it to a type of this crate"
)]
pub trait EncodeValue {
    /// Appends the value's bytes to `out`, without a length before them.
    ///
    /// # Errors
    /// A CQL type that values of this Rust type cannot be, or a value that does not fit.
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError>;
}

/// A value that cannot be written as the CQL type that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeValueError {
    /// The types do not match.
    #[error(transparent)]
    Mismatch(#[from] TypeMismatch),
    /// The value is outside what the CQL type can hold.
    #[error("the value does not fit the CQL type {cql}: {reason}")]
    OutOfRange {
        /// The CQL type.
        cql: CqlType,
        /// What does not fit.
        reason: &'static str,
    },
    /// Null or unset inside a collection or a vector, which have no place for it.
    #[error("a {cql} cannot hold null or unset elements; leave them out")]
    NullElement {
        /// The collection's type.
        cql: CqlType,
    },
    /// Unset inside a tuple or a user-defined type, whose fields are written together.
    #[error("the fields of a {cql} cannot be unset; write null")]
    UnsetField {
        /// The type that the field is part of.
        cql: CqlType,
    },
    /// A value that is longer than its length prefix can say (2³¹−1 bytes).
    #[error("a value of {length} bytes is longer than the protocol allows")]
    TooLong {
        /// Bytes in the value.
        length: usize,
    },
}

/// The error of a Rust type `T` that cannot be written as `ty`.
pub(crate) fn mismatch<T: ?Sized>(ty: &CqlType) -> EncodeValueError {
    TypeMismatch::of::<T>(ty).into()
}

/// Appends `value` as a `[value]`: behind its length, or as the −1 of null or the −2 of unset.
#[inline]
pub(crate) fn encode_cell<T: EncodeValue + ?Sized>(
    value: &T,
    ty: &CqlType,
    out: &mut Vec<u8>,
) -> Result<Encoded, EncodeValueError> {
    let at = reserve_length(out);
    let encoded = value.encode(ty, out)?;
    let length = match encoded {
        Encoded::Value => {
            let length = out.len() - at - 4;
            i32::try_from(length).map_err(|_| EncodeValueError::TooLong { length })?
        }
        Encoded::Null => -1,
        Encoded::Unset => -2,
    };
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(encoded)
}

/// Appends `value` as an element of the collection `within`, where it may be neither null nor unset.
pub(super) fn encode_element<T: EncodeValue + ?Sized>(
    value: &T,
    ty: &CqlType,
    within: &CqlType,
    out: &mut Vec<u8>,
) -> Result<(), EncodeValueError> {
    match encode_cell(value, ty, out)? {
        Encoded::Value => Ok(()),
        Encoded::Null | Encoded::Unset => {
            Err(EncodeValueError::NullElement { cql: within.clone() })
        }
    }
}

/// Appends `value` as a field of the tuple or user-defined type `within`, where it may not be unset.
pub(super) fn encode_field<T: EncodeValue + ?Sized>(
    value: &T,
    ty: &CqlType,
    within: &CqlType,
    out: &mut Vec<u8>,
) -> Result<(), EncodeValueError> {
    match encode_cell(value, ty, out)? {
        Encoded::Value | Encoded::Null => Ok(()),
        Encoded::Unset => Err(EncodeValueError::UnsetField { cql: within.clone() }),
    }
}

/// Appends a count of elements.
pub(super) fn encode_count(count: usize, out: &mut Vec<u8>) -> Result<(), EncodeValueError> {
    let count = i32::try_from(count).map_err(|_| EncodeValueError::TooLong { length: count })?;
    out.put_int(count);
    Ok(())
}

impl<T: EncodeValue + ?Sized> EncodeValue for &T {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        (**self).encode(ty, out)
    }
}

impl<T: EncodeValue + ?Sized> EncodeValue for Box<T> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        (**self).encode(ty, out)
    }
}

impl<T: EncodeValue + ?Sized> EncodeValue for std::sync::Arc<T> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        (**self).encode(ty, out)
    }
}

/// `None` is null.
impl<T: EncodeValue> EncodeValue for Option<T> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        match self {
            Some(value) => value.encode(ty, out),
            None => Ok(Encoded::Null),
        }
    }
}

/// Leaves a column as it is, where null would delete it and write a tombstone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unset;

impl EncodeValue for Unset {
    fn encode(&self, _: &CqlType, _: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        Ok(Encoded::Unset)
    }
}

use std::any::type_name;

use thiserror::Error;

use super::TypeMismatch;
use crate::{CqlType, WireError};

/// A Rust type that a column's values can be read as.
///
/// The type is checked once per result, by [`check`](Self::check); [`decode`](Self::decode) may rely on that.
/// Values that borrow (`&str`, `&[u8]`) live as long as the frame that they came in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a CQL value",
    label = "no CQL type is read as this",
    note = "derive `DecodeValue` for `{Self}`, or read a type of this crate and convert it"
)]
pub trait DecodeValue<'frame>: Sized {
    /// Whether columns of the CQL type can be read as this.
    ///
    /// # Errors
    /// The two types, when they do not match.
    fn check(ty: &CqlType) -> Result<(), TypeMismatch>;

    /// Reads a value; `None` is null.
    ///
    /// # Errors
    /// Null for a type that has no place for it (wrap it in `Option`), or bytes that are no value of the type.
    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError>;
}

/// Bytes that cannot be read as the Rust type that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeValueError {
    /// The types do not match.
    #[error(transparent)]
    Mismatch(#[from] TypeMismatch),
    /// Null, and the Rust type has no place for it.
    #[error("the value is null: read it as Option<{rust}>")]
    Null {
        /// The Rust type.
        rust: &'static str,
    },
    /// A number of bytes that a value of the type cannot have.
    #[error("a {what} cannot be {length} bytes long")]
    Length {
        /// The CQL type.
        what: &'static str,
        /// Bytes in the value.
        length: usize,
    },
    /// A value that the Rust type cannot hold.
    #[error("the value is outside what {rust} can hold")]
    OutOfRange {
        /// The Rust type.
        rust: &'static str,
    },
    /// A text or a number that no variant of an enum stands for.
    #[error("{value} is no variant of {rust}")]
    Variant {
        /// The enum.
        rust: &'static str,
        /// The text or the number.
        value: String,
    },
    /// Elements or fields that do not follow the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl DecodeValueError {
    pub(super) fn null<T: ?Sized>() -> Self {
        Self::Null { rust: type_name::<T>() }
    }
}

/// The bytes of a value that must not be null.
pub(super) fn not_null<T: ?Sized>(bytes: Option<&[u8]>) -> Result<&[u8], DecodeValueError> {
    bytes.ok_or_else(DecodeValueError::null::<T>)
}

/// The bytes of a value that must not be null and takes `N` of them.
pub(super) fn fixed<T, const N: usize>(
    what: &'static str,
    bytes: Option<&[u8]>,
) -> Result<[u8; N], DecodeValueError> {
    let bytes = not_null::<T>(bytes)?;
    bytes.try_into().map_err(|_| DecodeValueError::Length { what, length: bytes.len() })
}

/// `None` is null.
impl<'frame, T: DecodeValue<'frame>> DecodeValue<'frame> for Option<T> {
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        T::check(ty)
    }

    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        match bytes {
            Some(_) => T::decode(ty, bytes).map(Some),
            None => Ok(None),
        }
    }
}

impl<'frame, T: DecodeValue<'frame>> DecodeValue<'frame> for Box<T> {
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        T::check(ty)
    }

    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        T::decode(ty, bytes).map(Box::new)
    }
}

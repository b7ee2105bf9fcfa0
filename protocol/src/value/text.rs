use bytes::Bytes;

use super::decode::not_null;
use super::encode::mismatch;
use super::{DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, TypeMismatch};
use crate::{CqlType, WireError};

impl EncodeValue for str {
    #[inline]
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        match ty {
            CqlType::Ascii if !self.is_ascii() => Err(EncodeValueError::OutOfRange {
                cql: ty.clone(),
                reason: "it has characters outside US-ASCII",
            }),
            CqlType::Text | CqlType::Ascii => {
                out.extend_from_slice(self.as_bytes());
                Ok(Encoded::Value)
            }
            _ => Err(mismatch::<Self>(ty)),
        }
    }
}

impl EncodeValue for String {
    #[inline]
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        self.as_str().encode(ty, out)
    }
}

impl<'frame> DecodeValue<'frame> for &'frame str {
    #[inline]
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        match ty {
            CqlType::Text | CqlType::Ascii => Ok(()),
            _ => Err(TypeMismatch::of::<str>(ty)),
        }
    }

    #[inline]
    fn decode(_: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        std::str::from_utf8(not_null::<str>(bytes)?)
            .map_err(|_| WireError::Utf8 { what: "a text value" }.into())
    }
}

impl<'frame> DecodeValue<'frame> for String {
    #[inline]
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        <&str>::check(ty)
    }

    #[inline]
    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        <&str>::decode(ty, bytes).map(str::to_owned)
    }
}

/// Blobs, and the raw bytes of custom types.
impl EncodeValue for [u8] {
    #[inline]
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        match ty {
            CqlType::Blob | CqlType::Custom(_) => {
                out.extend_from_slice(self);
                Ok(Encoded::Value)
            }
            _ => Err(mismatch::<Self>(ty)),
        }
    }
}

impl<const N: usize> EncodeValue for [u8; N] {
    #[inline]
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        self.as_slice().encode(ty, out)
    }
}

impl EncodeValue for Vec<u8> {
    #[inline]
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        self.as_slice().encode(ty, out)
    }
}

impl EncodeValue for Bytes {
    #[inline]
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        self.as_ref().encode(ty, out)
    }
}

impl<'frame> DecodeValue<'frame> for &'frame [u8] {
    #[inline]
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        match ty {
            CqlType::Blob | CqlType::Custom(_) => Ok(()),
            _ => Err(TypeMismatch::of::<[u8]>(ty)),
        }
    }

    #[inline]
    fn decode(_: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        not_null::<[u8]>(bytes)
    }
}

impl<'frame> DecodeValue<'frame> for Vec<u8> {
    #[inline]
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        <&[u8]>::check(ty)
    }

    #[inline]
    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        <&[u8]>::decode(ty, bytes).map(<[u8]>::to_vec)
    }
}

impl<'frame> DecodeValue<'frame> for Bytes {
    #[inline]
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        <&[u8]>::check(ty)
    }

    #[inline]
    fn decode(ty: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        <&[u8]>::decode(ty, bytes).map(Self::copy_from_slice)
    }
}

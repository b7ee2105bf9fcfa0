use std::net::IpAddr;

use uuid::Uuid;

use super::decode::{fixed, not_null};
use super::encode::mismatch;
use super::{DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, TypeMismatch};
use crate::CqlType;

/// Implements both directions for a type whose values are a fixed number of big-endian bytes.
macro_rules! fixed_value {
    ($rust:ty, $what:literal, $pattern:pat, $to:expr, $from:expr) => {
        impl EncodeValue for $rust {
            #[inline]
            fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
                match ty {
                    $pattern => {
                        out.extend_from_slice(&$to(self));
                        Ok(Encoded::Value)
                    }
                    _ => Err(mismatch::<Self>(ty)),
                }
            }
        }

        impl<'frame> DecodeValue<'frame> for $rust {
            #[inline]
            fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
                match ty {
                    $pattern => Ok(()),
                    _ => Err(TypeMismatch::of::<Self>(ty)),
                }
            }

            #[inline]
            fn decode(
                _: &'frame CqlType,
                bytes: Option<&'frame [u8]>,
            ) -> Result<Self, DecodeValueError> {
                fixed::<Self, _>($what, bytes).map($from)
            }
        }
    };
}
pub(super) use fixed_value;

fixed_value!(i8, "tinyint", CqlType::TinyInt, |v: &i8| v.to_be_bytes(), i8::from_be_bytes);
fixed_value!(i16, "smallint", CqlType::SmallInt, |v: &i16| v.to_be_bytes(), i16::from_be_bytes);
fixed_value!(i32, "int", CqlType::Int, |v: &i32| v.to_be_bytes(), i32::from_be_bytes);
fixed_value!(
    i64,
    "bigint",
    CqlType::BigInt | CqlType::Counter,
    |v: &i64| v.to_be_bytes(),
    i64::from_be_bytes
);
fixed_value!(f32, "float", CqlType::Float, |v: &f32| v.to_be_bytes(), f32::from_be_bytes);
fixed_value!(f64, "double", CqlType::Double, |v: &f64| v.to_be_bytes(), f64::from_be_bytes);
fixed_value!(bool, "boolean", CqlType::Boolean, |v: &bool| [u8::from(*v)], |[byte]: [u8; 1]| {
    byte != 0
});
fixed_value!(
    Uuid,
    "uuid",
    CqlType::Uuid | CqlType::TimeUuid,
    |v: &Uuid| v.into_bytes(),
    Uuid::from_bytes
);

impl EncodeValue for IpAddr {
    #[inline]
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        if !matches!(ty, CqlType::Inet) {
            return Err(mismatch::<Self>(ty));
        }
        match self {
            Self::V4(ip) => out.extend_from_slice(&ip.octets()),
            Self::V6(ip) => out.extend_from_slice(&ip.octets()),
        }
        Ok(Encoded::Value)
    }
}

impl<'frame> DecodeValue<'frame> for IpAddr {
    #[inline]
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        match ty {
            CqlType::Inet => Ok(()),
            _ => Err(TypeMismatch::of::<Self>(ty)),
        }
    }

    #[inline]
    fn decode(_: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        let bytes = not_null::<Self>(bytes)?;
        if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
            return Ok(Self::from(v4));
        }
        match <[u8; 16]>::try_from(bytes) {
            Ok(v6) => Ok(Self::from(v6)),
            Err(_) => Err(DecodeValueError::Length { what: "inet", length: bytes.len() }),
        }
    }
}

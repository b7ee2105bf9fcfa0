use std::time::{Duration, SystemTime};

use super::decode::{fixed, not_null};
use super::encode::mismatch;
use super::primitive::fixed_value;
use super::vint::{decode_signed, encode_signed};
use super::{DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Encoded, TypeMismatch};
use crate::CqlType;

/// A `date`: a day, as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CqlDate(pub u32);

impl CqlDate {
    const EPOCH: i64 = 1 << 31;

    /// The day so many days after 1970-01-01, or before it.
    pub fn from_days(days: i32) -> Self {
        Self(days.cast_unsigned().wrapping_add(1 << 31))
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        i64::from(self.0) - Self::EPOCH
    }
}

/// A `time`: nanoseconds since midnight, below 86,400,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CqlTime(pub i64);

/// A `timestamp`: milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CqlTimestamp(pub i64);

impl From<SystemTime> for CqlTimestamp {
    fn from(time: SystemTime) -> Self {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(millis(after)),
            Err(before) => Self(-millis(before.duration())),
        }
    }
}

fixed_value!(CqlDate, "date", CqlType::Date, |v: &CqlDate| v.0.to_be_bytes(), |bytes| CqlDate(
    u32::from_be_bytes(bytes)
));
fixed_value!(CqlTime, "time", CqlType::Time, |v: &CqlTime| v.0.to_be_bytes(), |bytes| CqlTime(
    i64::from_be_bytes(bytes)
));
fixed_value!(
    CqlTimestamp,
    "timestamp",
    CqlType::Timestamp,
    |v: &CqlTimestamp| v.0.to_be_bytes(),
    |bytes| CqlTimestamp(i64::from_be_bytes(bytes))
);

/// A `duration`. Its three parts are kept apart, as a month has no fixed length, and all have the same sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CqlDuration {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Nanoseconds.
    pub nanoseconds: i64,
}

impl EncodeValue for CqlDuration {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        if !matches!(ty, CqlType::Duration) {
            return Err(mismatch::<Self>(ty));
        }
        encode_signed(self.months.into(), out);
        encode_signed(self.days.into(), out);
        encode_signed(self.nanoseconds, out);
        Ok(Encoded::Value)
    }
}

impl<'frame> DecodeValue<'frame> for CqlDuration {
    fn check(ty: &CqlType) -> Result<(), TypeMismatch> {
        match ty {
            CqlType::Duration => Ok(()),
            _ => Err(TypeMismatch::of::<Self>(ty)),
        }
    }

    fn decode(_: &'frame CqlType, bytes: Option<&'frame [u8]>) -> Result<Self, DecodeValueError> {
        let bytes = not_null::<Self>(bytes)?;
        let mut left = bytes;
        let length = || DecodeValueError::Length { what: "duration", length: bytes.len() };
        let range = |_| DecodeValueError::OutOfRange { rust: "CqlDuration" };
        let months = decode_signed(&mut left).ok_or_else(length)?.try_into().map_err(range)?;
        let days = decode_signed(&mut left).ok_or_else(length)?.try_into().map_err(range)?;
        let nanoseconds = decode_signed(&mut left).ok_or_else(length)?;
        if !left.is_empty() {
            return Err(length());
        }
        Ok(Self { months, days, nanoseconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_centred_on_the_epoch() {
        assert_eq!(CqlDate::from_days(0).0, 1 << 31);
        assert_eq!(CqlDate::from_days(-1).0, (1 << 31) - 1);
        assert_eq!(CqlDate::from_days(i32::MIN).days(), i64::from(i32::MIN));
        assert_eq!(CqlDate::from_days(i32::MAX).0, u32::MAX);
    }
}

//! `date`, `time` and `timestamp` as chrono's types.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Timelike, Utc};

use super::by_way_of::by_way_of;
use crate::{CqlDate, CqlTime, CqlTimestamp, CqlType, EncodeValue, EncodeValueError, Encoded};

const SECOND: i64 = 1_000_000_000;

by_way_of!(CqlDate, NaiveDate, |date| Some(CqlDate::from_days(date.to_epoch_days())), |date| {
    NaiveDate::from_epoch_days(date.days().try_into().ok()?)
});

// A leap second, which chrono counts as nanoseconds beyond a second, has no place in CQL.
by_way_of!(
    CqlTime,
    NaiveTime,
    |time| {
        let nanos = i64::from(time.nanosecond());
        let seconds = i64::from(time.num_seconds_from_midnight());
        (nanos < SECOND).then_some(CqlTime(seconds * SECOND + nanos))
    },
    |time| {
        let seconds = u32::try_from(time.0.div_euclid(SECOND)).ok()?;
        let nanos = u32::try_from(time.0.rem_euclid(SECOND)).ok()?;
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)
    }
);

by_way_of!(
    CqlTimestamp,
    DateTime<Utc>,
    |time| Some(CqlTimestamp(time.timestamp_millis())),
    |time| DateTime::from_timestamp_millis(time.0)
);

impl EncodeValue for DateTime<FixedOffset> {
    fn encode(&self, ty: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeValueError> {
        self.to_utc().encode(ty, out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::by_way_of::stands_for;
    use super::*;
    use crate::{DecodeValue, DecodeValueError};

    #[test]
    fn days_times_and_instants() {
        let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        stands_for(&CqlType::Date, &date, &CqlDate::from_days(19_782));
        let before = NaiveDate::from_ymd_opt(1969, 12, 31).unwrap();
        stands_for(&CqlType::Date, &before, &CqlDate::from_days(-1));
        let time = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).unwrap();
        stands_for(&CqlType::Time, &time, &CqlTime(86_399_999_999_999));
        let instant = DateTime::from_timestamp(-1, 500_000_000).unwrap();
        stands_for(&CqlType::Timestamp, &instant, &CqlTimestamp(-500));
    }

    #[test]
    fn an_instant_with_an_offset_is_the_same_instant() {
        let instant = DateTime::parse_from_rfc3339("2024-02-29T01:00:00.001+01:00").unwrap();
        let mut bytes = Vec::new();
        instant.encode(&CqlType::Timestamp, &mut bytes).unwrap();
        assert_eq!(bytes, 1_709_164_800_001_i64.to_be_bytes());
    }

    #[test]
    fn what_chrono_cannot_hold_is_refused() {
        let out_of_range = |decoded| matches!(decoded, Err(DecodeValueError::OutOfRange { .. }));
        let last = u32::MAX.to_be_bytes();
        assert!(out_of_range(NaiveDate::decode(&CqlType::Date, Some(&last)).map(drop)));
        let last = i64::MAX.to_be_bytes();
        assert!(out_of_range(DateTime::<Utc>::decode(&CqlType::Timestamp, Some(&last)).map(drop)));
        let midnight = 86_400_000_000_000_i64.to_be_bytes();
        assert!(out_of_range(NaiveTime::decode(&CqlType::Time, Some(&midnight)).map(drop)));
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
        let refused = leap.encode(&CqlType::Time, &mut Vec::new());
        assert!(matches!(refused, Err(EncodeValueError::OutOfRange { .. })));
    }
}

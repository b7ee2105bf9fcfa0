//! `date`, `time` and `timestamp` as the types of the `time` crate.

use time::{Date, OffsetDateTime, Time};

use super::by_way_of::by_way_of;
use crate::{CqlDate, CqlTime, CqlTimestamp};

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;
const SECOND: i64 = 1_000_000_000;
const MILLISECOND: i128 = 1_000_000;

by_way_of!(CqlDate, Date, |date| Some(CqlDate::from_days(date.to_julian_day() - EPOCH)), |date| {
    Date::from_julian_day((date.days() + i64::from(EPOCH)).try_into().ok()?).ok()
});

by_way_of!(
    CqlTime,
    Time,
    |time| {
        let (hours, minutes, seconds, nanos) = time.as_hms_nano();
        let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds);
        Some(CqlTime(seconds * SECOND + i64::from(nanos)))
    },
    |time| {
        let (seconds, nanos) = (time.0.div_euclid(SECOND), time.0.rem_euclid(SECOND));
        let hours = u8::try_from(seconds / 3600).ok()?;
        let minutes = u8::try_from(seconds / 60 % 60).ok()?;
        let seconds = u8::try_from(seconds % 60).ok()?;
        Time::from_hms_nano(hours, minutes, seconds, nanos.try_into().ok()?).ok()
    }
);

by_way_of!(
    CqlTimestamp,
    OffsetDateTime,
    |time| {
        let millis = time.unix_timestamp_nanos().div_euclid(MILLISECOND);
        i64::try_from(millis).ok().map(CqlTimestamp)
    },
    |time| OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * MILLISECOND).ok()
);

#[cfg(test)]
mod tests {
    use time::Month;

    use super::super::by_way_of::stands_for;
    use super::*;
    use crate::{CqlType, DecodeValue, DecodeValueError};

    #[test]
    fn days_times_and_instants() {
        let date = Date::from_calendar_date(2024, Month::February, 29).unwrap();
        stands_for(&CqlType::Date, &date, &CqlDate::from_days(19_782));
        let before = Date::from_calendar_date(1969, Month::December, 31).unwrap();
        stands_for(&CqlType::Date, &before, &CqlDate::from_days(-1));
        let time = Time::from_hms_nano(23, 59, 59, 999_999_999).unwrap();
        stands_for(&CqlType::Time, &time, &CqlTime(86_399_999_999_999));
        let instant = OffsetDateTime::from_unix_timestamp_nanos(-500_000_000).unwrap();
        stands_for(&CqlType::Timestamp, &instant, &CqlTimestamp(-500));
    }

    #[test]
    fn what_the_crate_cannot_hold_is_refused() {
        let out_of_range = |decoded| matches!(decoded, Err(DecodeValueError::OutOfRange { .. }));
        for last in [0, u32::MAX] {
            assert!(out_of_range(
                Date::decode(&CqlType::Date, Some(&last.to_be_bytes())).map(drop)
            ));
        }
        for bytes in [i64::MIN, -1, 86_400_000_000_000, i64::MAX].map(i64::to_be_bytes) {
            assert!(out_of_range(Time::decode(&CqlType::Time, Some(&bytes)).map(drop)));
        }
        let last = i64::MAX.to_be_bytes();
        let decoded = OffsetDateTime::decode(&CqlType::Timestamp, Some(&last));
        assert!(out_of_range(decoded.map(drop)));
    }
}

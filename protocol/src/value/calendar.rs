//! Days, times and durations as Cassandra writes them.

use std::fmt;

use super::{CqlDate, CqlDuration, CqlTime, CqlTimestamp};

const DAY_MILLIS: i64 = 86_400_000;

/// A day of the proleptic Gregorian calendar.
struct Day {
    year: i64,
    month: i64,
    day: i64,
}

impl Day {
    /// The day so many days after 1970-01-01, by Howard Hinnant's `civil_from_days`.
    fn from_epoch(days: i64) -> Self {
        // Counted from 0000-03-01, every era of 400 years is alike and leap days end their year.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self { year, month, day: day_of_year - (153 * march_month + 2) / 5 + 1 }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        match year {
            ..=-1 => write!(f, "{year:05}-{month:02}-{day:02}"),
            0..=9999 => write!(f, "{year:04}-{month:02}-{day:02}"),
            _ => write!(f, "+{year}-{month:02}-{day:02}"),
        }
    }
}

/// `2024-02-29`; years beyond four digits stand behind their sign.
impl fmt::Display for CqlDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Day::from_epoch(self.days()).fmt(f)
    }
}

/// `23:59:59.999999999`.
impl fmt::Display for CqlTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.div_euclid(1_000_000_000), self.0.rem_euclid(1_000_000_000));
        let (hours, minutes) = (seconds.div_euclid(3600), seconds.div_euclid(60).rem_euclid(60));
        write!(f, "{hours:02}:{minutes:02}:{:02}.{nanos:09}", seconds.rem_euclid(60))
    }
}

/// `2024-02-29 23:59:59.999Z`.
impl fmt::Display for CqlTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = Day::from_epoch(self.0.div_euclid(DAY_MILLIS));
        let millis = self.0.rem_euclid(DAY_MILLIS);
        let (minutes, rest) = (millis / 60_000, millis % 60_000);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        write!(f, "{day} {hours:02}:{minutes:02}:{:02}.{:03}Z", rest / 1000, rest % 1000)
    }
}

/// `1y2mo3d4h5m6s7ms8us9ns`, units that are 0 left out.
impl fmt::Display for CqlDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("0s");
        }
        if self.months < 0 || self.days < 0 || self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        let (months, nanos) = (self.months.unsigned_abs(), self.nanoseconds.unsigned_abs());
        let (micros, millis, seconds) = (nanos / 1_000, nanos / 1_000_000, nanos / 1_000_000_000);
        let units = [
            (u64::from(months / 12), "y"),
            (u64::from(months % 12), "mo"),
            (self.days.unsigned_abs().into(), "d"),
            (seconds / 3600, "h"),
            (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
            (millis % 1000, "ms"),
            (micros % 1000, "us"),
            (nanos % 1000, "ns"),
        ];
        let mut present = units.into_iter().filter(|(amount, _)| *amount != 0);
        present.try_for_each(|(amount, unit)| write!(f, "{amount}{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_over_the_whole_range() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (19_782, "2024-02-29"),
            (11_016, "2000-02-29"),
            (-25_508, "1900-03-01"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "+10000-01-01"),
            (-719_528, "0000-01-01"),
            (-719_529, "-0001-12-31"),
            (i32::MIN, "-5877641-06-23"),
            (i32::MAX, "+5881580-07-11"),
        ] {
            assert_eq!(CqlDate::from_days(days).to_string(), text);
        }
    }

    #[test]
    fn times_and_instants() {
        assert_eq!(CqlTime(0).to_string(), "00:00:00.000000000");
        assert_eq!(CqlTime(86_399_999_999_999).to_string(), "23:59:59.999999999");
        assert_eq!(CqlTimestamp(-1).to_string(), "1969-12-31 23:59:59.999Z");
        assert_eq!(CqlTimestamp(1_709_251_199_999).to_string(), "2024-02-29 23:59:59.999Z");
        assert_eq!(CqlTimestamp(i64::MAX).to_string(), "+292278994-08-17 07:12:55.807Z");
        assert_eq!(CqlTimestamp(i64::MIN).to_string(), "-292275055-05-16 16:47:04.192Z");
    }

    #[test]
    fn durations_unit_by_unit() {
        let duration = |months, days, nanoseconds| CqlDuration { months, days, nanoseconds };
        assert_eq!(duration(0, 0, 0).to_string(), "0s");
        assert_eq!(duration(14, 3, 0).to_string(), "1y2mo3d");
        assert_eq!(duration(0, 0, 14_706_007_008_009).to_string(), "4h5m6s7ms8us9ns");
        assert_eq!(duration(-1, -2, -3).to_string(), "-1mo2d3ns");
        let least = duration(i32::MIN, i32::MIN, i64::MIN).to_string();
        assert_eq!(least, "-178956970y8mo2147483648d2562047h47m16s854ms775us808ns");
    }
}

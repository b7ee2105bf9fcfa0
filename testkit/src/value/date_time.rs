//! Dates, times and timestamps written as text.

const MILLIS_PER_DAY: i64 = 86_400_000;
/// The wire's day zero, 1970-01-01, stands in the middle of its range.
const EPOCH_DAY: i64 = 1 << 31;

/// `2024-02-29` as the wire counts days.
pub(super) fn parse_date(text: &str) -> Option<u32> {
    u32::try_from(parse_days(text)?.checked_add(EPOCH_DAY)?).ok()
}

/// `13:30:54.234` as nanoseconds since midnight.
pub(super) fn parse_time(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = seconds.split(':');
    let hour = two_digits(parts.next()?, 23)?;
    let minute = two_digits(parts.next()?, 59)?;
    let second = parts.next().map_or(Some(0), |text| two_digits(text, 59))?;
    if parts.next().is_some()
        || fraction.len() > 9
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanoseconds)
}

/// `2024-02-29 13:30:54.234+0100` and its shorter forms as milliseconds since the epoch; UTC where no zone is given.
pub(super) fn parse_timestamp(text: &str) -> Option<i64> {
    let text = text.trim();
    let date_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (date, rest) = text.split_at(date_end);
    let (date, zone_of_date) = split_zone_after_date(date);
    let days = parse_days(date)?;
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let (time, zone) = if rest.is_empty() { ("", zone_of_date) } else { split_zone(rest) };
    let millis = if time.is_empty() { 0 } else { parse_time(time)? / 1_000_000 };
    days.checked_mul(MILLIS_PER_DAY)?.checked_add(millis)?.checked_sub(zone_millis(zone.trim())?)
}

/// `2024-02-29Z` and `2024-02-29+0000`: a date of ten characters and what follows.
fn split_zone_after_date(date: &str) -> (&str, &str) {
    let unsigned = date.strip_prefix('-').unwrap_or(date);
    let signs = date.len() - unsigned.len();
    match date.get(signs + 10..) {
        Some(zone) if !zone.starts_with(|c: char| c.is_ascii_digit()) => date.split_at(signs + 10),
        _ => (date, ""),
    }
}

fn split_zone(time: &str) -> (&str, &str) {
    let zone =
        time.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(time.len());
    let (time, zone) = time.split_at(zone);
    (time.trim(), zone)
}

fn zone_millis(zone: &str) -> Option<i64> {
    if zone.is_empty() || ["Z", "UTC", "GMT"].iter().any(|name| zone.eq_ignore_ascii_case(name)) {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { two_digits(minutes, 59)? };
    Some(sign * (two_digits(hours, 18)? * 60 + minutes) * 60_000)
}

/// Days since 1970-01-01 of `[-]yyyy-mm-dd`.
fn parse_days(text: &str) -> Option<i64> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, text),
    };
    let mut parts = unsigned.splitn(3, '-');
    let year = parts.next()?;
    if year.is_empty() || year.len() > 9 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = sign * year.parse::<i64>().ok()?;
    let month = two_digits(parts.next()?, 12)?;
    let day = two_digits(parts.next()?, days_in_month(year, month)?)?;
    (day > 0).then(|| days_from_civil(year, month, day))
}

fn two_digits(text: &str, maximum: i64) -> Option<i64> {
    if text.is_empty() || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= maximum)
}

fn days_in_month(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    Some(match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    })
}

/// A date so many months later, on the last day of the month if it has no such day.
pub(super) fn months_later(days: i64, months: i64) -> Option<i64> {
    let (year, month, day) = civil_from_days(days);
    let month = (month - 1).checked_add(months)?;
    let (year, month) = (year.checked_add(month.div_euclid(12))?, month.rem_euclid(12) + 1);
    Some(days_from_civil(year, month, day.min(days_in_month(year, month)?)))
}

/// `2024-02-29`, of days since the epoch.
pub(super) fn date_of(days: i64) -> String {
    let (year, month, day) = civil_from_days(days);
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{month:02}-{day:02}", year.abs())
}

/// `13:30:54.234`, of nanoseconds since midnight, with so many decimals.
pub(super) fn time_of(nanoseconds: i64, decimals: usize) -> String {
    let (seconds, fraction) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = format!("{fraction:09}");
    let fraction = fraction.get(..decimals).unwrap_or(&fraction);
    format!("{hour:02}:{minute:02}:{second:02}.{fraction}")
}

/// The inverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since the epoch in the proleptic Gregorian calendar, counted in years that begin in March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    const DAYS_PER_ERA: i64 = 146_097;
    const DAYS_FROM_ERA_TO_EPOCH: i64 = 719_468;
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_FROM_ERA_TO_EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_the_middle_of_the_range() {
        assert_eq!(parse_date("1970-01-01"), Some(1 << 31));
        assert_eq!(parse_date("1969-12-31"), Some((1 << 31) - 1));
        assert_eq!(parse_date("2024-02-29"), Some((1 << 31) + 19_782));
        for wrong in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-01-00",
            "yesterday",
            "",
            "2024-01",
            "999999999-01-01",
        ] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_date_comes_back_from_its_days() {
        for days in (-1_000_000..1_000_000).step_by(997) {
            assert_eq!(parse_days(&date_of(days)), Some(days));
        }
    }

    #[test]
    fn times_have_up_to_nine_decimals() {
        assert_eq!(parse_time("00:00:00.000000001"), Some(1));
        assert_eq!(parse_time("13:30:54.2"), Some(48_654_200_000_000));
        for wrong in ["24:00:00", "1:60:00", "12", "12:00:00.0000000001", "a:b:c", "1:2:3:4"] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn timestamps_may_leave_out_time_and_zone() {
        assert_eq!(parse_timestamp("1970-01-02"), Some(86_400_000));
        assert_eq!(parse_timestamp("1970-01-01T00:00:01.5Z"), Some(1_500));
        assert_eq!(parse_timestamp("1970-01-01 01:00+01:00"), Some(0));
        assert_eq!(parse_timestamp("1970-01-01 01:00:00 UTC"), Some(3_600_000));
        assert_eq!(parse_timestamp("1970-01-01-0200"), Some(7_200_000));
        for wrong in ["now", "1970-01-01 25:00", "1970-01-01 01:00+9", "1970-01-01 01:00 CEST"] {
            assert_eq!(parse_timestamp(wrong), None, "{wrong}");
        }
    }
}

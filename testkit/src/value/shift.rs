//! Times and days, later or earlier by a duration.

use helenus_protocol::CqlType;

use super::date_time::months_later;
use super::duration::Duration;

const MILLIS_PER_DAY: i64 = 86_400_000;
const NANOS_PER_MILLI: i64 = 1_000_000;
/// The wire's day zero, 1970-01-01, stands in the middle of its range.
const EPOCH_DAY: i64 = 1 << 31;

/// A timestamp or a date, later by a duration or earlier; the error says why there is none.
pub(crate) fn shifted(
    (ty, value): (&CqlType, &[u8]),
    duration: &[u8],
    backwards: bool,
) -> Result<Vec<u8>, String> {
    let out_of_range = || format!("the {ty} is out of range");
    let duration = Duration::decode(duration).ok_or("the duration has no value")?;
    let sign = if backwards { -1 } else { 1 };
    let shift = |days: i64, millis: i64| {
        let signed =
            |number: i64| i32::try_from(number).ok().map(|number| sign * i64::from(number));
        let days = months_later(days, signed(duration.months)?)?;
        let days = days.checked_add(signed(duration.days)?)?;
        let millis = millis.checked_add(sign * (duration.nanoseconds / NANOS_PER_MILLI))?;
        days.checked_mul(MILLIS_PER_DAY)?.checked_add(millis)
    };
    if *ty == CqlType::Date {
        if duration.nanoseconds != 0 {
            return Err(format!("The duration must have a day precision. Was: {duration}"));
        }
        let day = value.try_into().map(u32::from_be_bytes).map_err(|_| out_of_range())?;
        let shifted = shift(i64::from(day) - EPOCH_DAY, 0).ok_or_else(out_of_range)?;
        let day = u32::try_from(shifted / MILLIS_PER_DAY + EPOCH_DAY);
        return day.map(|day| day.to_be_bytes().to_vec()).map_err(|_| out_of_range());
    }
    let millis = value.try_into().map(i64::from_be_bytes).map_err(|_| out_of_range())?;
    let (days, rest) = (millis.div_euclid(MILLIS_PER_DAY), millis.rem_euclid(MILLIS_PER_DAY));
    shift(days, rest).map(|millis| millis.to_be_bytes().to_vec()).ok_or_else(out_of_range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(days: i64) -> Vec<u8> {
        u32::try_from(days + EPOCH_DAY).unwrap().to_be_bytes().to_vec()
    }

    #[test]
    fn a_month_later_is_no_later_than_the_month_s_end() {
        let duration = |text| Duration::parse(text).unwrap().encode();
        let date = |days, text, backwards| {
            shifted((&CqlType::Date, &day(days)), &duration(text), backwards)
        };
        // 2020-01-31 and the last of February.
        assert_eq!(date(18_292, "1mo", false), Ok(day(18_321)));
        assert_eq!(date(18_292, "1mo2d", false), Ok(day(18_323)));
        assert_eq!(date(18_292, "2mo", true), Ok(day(18_230)));
        assert!(date(18_292, "1h", false).is_err());
        assert!(date((1 << 31) - 1, "1d", false).is_err());
        let longest = duration("2147483647mo");
        for value in [i64::MIN, 0, i64::MAX] {
            let value = value.to_be_bytes();
            for backwards in [false, true] {
                let _ = shifted((&CqlType::Timestamp, &value), &longest, backwards);
            }
        }
    }
}

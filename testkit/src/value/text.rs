//! Values as a node writes them.

use std::net::IpAddr;

use helenus_protocol::CqlType;
use uuid::Uuid;

use super::date_time::{date_of, time_of};
use super::duration::Duration;
use super::number::Number;

/// A value of a native type as text, without quotes; `None` where it is none.
pub(crate) fn to_text(ty: &CqlType, value: &[u8]) -> Option<String> {
    Some(match ty {
        CqlType::Text | CqlType::Ascii => String::from_utf8_lossy(value).into_owned(),
        _ if value.is_empty() => String::new(),
        CqlType::Blob | CqlType::Custom(_) => hex(value),
        CqlType::Boolean => (value != [0]).to_string(),
        CqlType::Uuid | CqlType::TimeUuid => Uuid::from_slice(value).ok()?.to_string(),
        CqlType::Inet => match value.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(value).ok()?).to_string(),
            _ => ipv6(<[u8; 16]>::try_from(value).ok()?),
        },
        CqlType::Date => date_of(days(value)?),
        CqlType::Time => time_of(i64::from_be_bytes(value.try_into().ok()?), 9),
        CqlType::Timestamp => {
            let millis = i64::from_be_bytes(value.try_into().ok()?);
            let (day, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
            format!("{} {}Z", date_of(day), time_of(rest * 1_000_000, 3))
        }
        CqlType::Duration => Duration::decode(value)?.to_string(),
        CqlType::Float => floating(f64::from(f32::from_be_bytes(value.try_into().ok()?)), 9),
        CqlType::Double => floating(f64::from_be_bytes(value.try_into().ok()?), 17),
        _ => match Number::decode(ty, value)? {
            Number::Integer(integer) => integer.to_string(),
            Number::Decimal(decimal) => {
                let (unscaled, scale) = decimal.into_bigint_and_exponent();
                java_decimal(&unscaled.to_string(), scale)
            }
            Number::Floating(number) => floating(number, 17),
        },
    })
}

/// A decimal as Java writes it, of its digits and its scale.
fn java_decimal(unscaled: &str, scale: i64) -> String {
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let exponent = length - 1 - scale;
    if scale >= 0 && exponent >= -6 {
        let point = usize::try_from(length - scale).unwrap_or(0);
        if scale == 0 {
            return format!("{sign}{digits}");
        }
        let zeros = "0".repeat(usize::try_from(scale - length).unwrap_or(0));
        let whole = if point == 0 { "0" } else { &digits[..point] };
        return format!("{sign}{whole}.{zeros}{}", &digits[point..]);
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}E{exponent:+}")
}

fn days(value: &[u8]) -> Option<i64> {
    Some(i64::from(u32::from_be_bytes(value.try_into().ok()?)) - (1 << 31))
}

/// Java writes all groups, and no `::`.
fn ipv6(bytes: [u8; 16]) -> String {
    let groups = bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    groups.map(|group| format!("{group:x}")).collect::<Vec<_>>().join(":")
}

pub(crate) fn hex(value: &[u8]) -> String {
    value.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// A floating number as Java writes it. A float, which has up to nine digits, is not to show a double's.
pub(crate) fn floating(number: f64, digits: usize) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "it came from a float")]
    let shortest = if digits < 17 { format!("{:e}", number as f32) } else { format!("{number:e}") };
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-3..7).contains(&exponent) {
        let point = if mantissa.contains('.') { "" } else { ".0" };
        return format!("{mantissa}{point}E{exponent}");
    }
    #[expect(clippy::cast_possible_truncation, reason = "it came from a float")]
    let plain = if digits < 17 { (number as f32).to_string() } else { number.to_string() };
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_numbers_look_as_java_writes_them() {
        for (number, text) in [
            (0.0, "0.0"),
            (-1.5, "-1.5"),
            (1e7, "1.0E7"),
            (1.25e-4, "1.25E-4"),
            (0.001, "0.001"),
            (123_456.0, "123456.0"),
        ] {
            assert_eq!(floating(number, 17), text);
        }
        assert_eq!(floating(f64::from(0.1f32), 9), "0.1");
    }

    #[test]
    fn decimals_look_as_java_writes_them() {
        for (unscaled, scale, text) in [
            ("150", 2, "1.50"),
            ("-1", -3, "-1E+3"),
            ("5", 3, "0.005"),
            ("12", 9, "1.2E-8"),
            ("0", 0, "0"),
            ("123", -2, "1.23E+4"),
        ] {
            assert_eq!(java_decimal(unscaled, scale), text);
        }
    }

    #[test]
    fn times_addresses_and_blobs_have_a_node_s_form() {
        let text = |ty, value: &[u8]| to_text(&ty, value).unwrap();
        assert_eq!(text(CqlType::Timestamp, &(-1i64).to_be_bytes()), "1969-12-31 23:59:59.999Z");
        assert_eq!(text(CqlType::Date, &(1u32 << 31).to_be_bytes()), "1970-01-01");
        assert_eq!(text(CqlType::Time, &1i64.to_be_bytes()), "00:00:00.000000001");
        assert_eq!(text(CqlType::Blob, &[0xCA, 0xFE]), "0xcafe");
        assert_eq!(text(CqlType::Inet, &[127, 0, 0, 1]), "127.0.0.1");
    }
}

//! Durations written as text.

use std::fmt;

use super::vint::{read_unsigned_vint, write_unsigned_vint};

/// Months, days and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Duration {
    pub(super) months: i64,
    pub(super) days: i64,
    pub(super) nanoseconds: i64,
}

impl Duration {
    /// Reads `1y2mo3h`, `P1Y2M3DT4H` and `P0001-02-03T04:05:06`, each perhaps negative.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(text) => (-1, text),
            None => (1, text),
        };
        let parsed = match text.strip_prefix(['P', 'p']) {
            Some(iso) => Self::parse_iso(iso)?,
            None => Self::parse_units(text)?,
        };
        let within = |number: i64| i32::try_from(number).is_ok();
        let signed = Self {
            months: sign * parsed.months,
            days: sign * parsed.days,
            nanoseconds: sign * parsed.nanoseconds,
        };
        (within(signed.months) && within(signed.days)).then_some(signed)
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(12);
        for number in [self.months, self.days, self.nanoseconds] {
            let zigzag = (number << 1) ^ (number >> 63);
            write_unsigned_vint(zigzag.cast_unsigned(), &mut out);
        }
        out
    }

    pub(super) fn decode(mut value: &[u8]) -> Option<Self> {
        let mut next = || {
            let (zigzag, rest) = read_unsigned_vint(value)?;
            value = rest;
            Some((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()))
        };
        Some(Self { months: next()?, days: next()?, nanoseconds: next()? })
    }

    fn parse_units(mut text: &str) -> Option<Self> {
        let mut duration = Self::default();
        while !text.is_empty() {
            let (number, rest) = take_number(text)?;
            let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (unit, rest) = rest.split_at(end);
            duration.add(number, &unit.to_lowercase())?;
            text = rest;
        }
        Some(duration)
    }

    fn parse_iso(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', 't']).unwrap_or((text, ""));
        let mut duration = Self::default();
        for (part, units) in [
            (date, [('y', "y"), ('m', "mo"), ('w', "w"), ('d', "d")].as_slice()),
            (time, &[('h', "h"), ('m', "m"), ('s', "s")]),
        ] {
            let mut part = part;
            while !part.is_empty() {
                let (number, rest) = take_number(part)?;
                let letter = rest.chars().next()?;
                let (_, unit) =
                    units.iter().find(|(name, _)| *name == letter.to_ascii_lowercase())?;
                duration.add(number, unit)?;
                part = &rest[letter.len_utf8()..];
            }
        }
        Some(duration)
    }

    fn add(&mut self, number: i64, unit: &str) -> Option<()> {
        let (total, factor) = match unit {
            "y" => (&mut self.months, 12),
            "mo" => (&mut self.months, 1),
            "w" => (&mut self.days, 7),
            "d" => (&mut self.days, 1),
            "h" => (&mut self.nanoseconds, 3_600_000_000_000),
            "m" => (&mut self.nanoseconds, 60_000_000_000),
            "s" => (&mut self.nanoseconds, 1_000_000_000),
            "ms" => (&mut self.nanoseconds, 1_000_000),
            "us" | "µs" | "μs" => (&mut self.nanoseconds, 1_000),
            "ns" => (&mut self.nanoseconds, 1),
            _ => return None,
        };
        *total = total.checked_add(number.checked_mul(factor)?)?;
        Some(())
    }
}

fn take_number(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// `1y2mo3d4h5m6s7ms8us9ns`, without the units that are zero.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.months < 0 || self.days < 0 || self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        let (months, days) = (self.months.unsigned_abs(), self.days.unsigned_abs());
        let mut nanoseconds = self.nanoseconds.unsigned_abs();
        for (number, unit) in [(months / 12, "y"), (months % 12, "mo"), (days, "d")] {
            if number > 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        for (length, unit) in [
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
            (1, "ns"),
        ] {
            if nanoseconds >= length {
                write!(f, "{}{unit}", nanoseconds / length)?;
                nanoseconds %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(i64, i64, i64)> {
        Duration::parse(text).map(|duration| (duration.months, duration.days, duration.nanoseconds))
    }

    #[test]
    fn units_and_iso_say_the_same() {
        assert_eq!(parsed("1y2mo3w4d5h6m7s8ms9us10ns"), Some((14, 25, 18_367_008_009_010)));
        assert_eq!(parsed("P1Y2M3DT4H5M6S"), Some((14, 3, 14_706_000_000_000)));
        assert_eq!(parsed("-1h"), Some((0, 0, -3_600_000_000_000)));
        assert_eq!(parsed("9999999999y"), None);
        assert_eq!(parsed("1x"), None);
    }
}

//! Whether bytes are a value of a type.

use helenus_protocol::CqlType;

use super::collection::{Collection, collection_elements, take_element};
use super::duration::Duration;

/// Checks a bound value as a node does, and says what is wrong in its words.
pub(crate) fn validate(ty: &CqlType, value: &[u8]) -> Result<(), String> {
    match ty {
        CqlType::Text => match std::str::from_utf8(value) {
            Ok(_) => Ok(()),
            Err(_) => Err("String didn't validate.".to_owned()),
        },
        CqlType::Ascii if !value.is_ascii() => {
            Err("Invalid byte for ascii: string didn't validate.".to_owned())
        }
        CqlType::TinyInt => length(value, 1, true, "byte"),
        CqlType::SmallInt => length(value, 2, true, "smallint"),
        CqlType::Int => length(value, 4, false, "int"),
        CqlType::BigInt | CqlType::Counter | CqlType::Timestamp => length(value, 8, false, "long"),
        CqlType::Float => length(value, 4, false, "float"),
        CqlType::Double => length(value, 8, false, "double"),
        CqlType::Boolean => length(value, 1, false, "boolean"),
        CqlType::Date => length(value, 4, true, "date"),
        CqlType::Time => length(value, 8, true, "time"),
        CqlType::Uuid => length(value, 16, false, "uuid"),
        CqlType::TimeUuid => {
            length(value, 16, false, "timeuuid")?;
            match value.get(6) {
                Some(byte) if byte >> 4 != 1 => {
                    Err("Invalid version for TimeUUID type.".to_owned())
                }
                _ => Ok(()),
            }
        }
        CqlType::Inet if !matches!(value.len(), 0 | 4 | 16) => {
            Err(format!("unable to make inetaddress from '{} bytes'", value.len()))
        }
        CqlType::Decimal if !value.is_empty() && value.len() < 4 => {
            Err(format!("Expected 0 or at least 4 bytes ({})", value.len()))
        }
        CqlType::Duration => duration(value),
        CqlType::List(element) => elements(value, "list", |_| element),
        CqlType::Set(element) => elements(value, "set", |_| element),
        CqlType::Map(key, element) => {
            let pairs = collection_elements(Collection::Pairs, value).count();
            check_count(value, pairs, 2, "map")?;
            let types = |index: usize| {
                if index.is_multiple_of(2) { key.as_ref() } else { element.as_ref() }
            };
            each(Collection::Pairs, value, types, "map")
        }
        CqlType::Tuple(types) => tuple(types, value),
        CqlType::Udt(udt) => tuple(udt.fields.iter().map(|(_, ty)| ty), value),
        CqlType::Vector(element, dimension) => vector(element, *dimension, value),
        _ => Ok(()),
    }
}

fn length(value: &[u8], wanted: usize, strict: bool, name: &str) -> Result<(), String> {
    if value.len() == wanted || (value.is_empty() && !strict) {
        return Ok(());
    }
    let plural =
        if strict { format!("{wanted} byte {name}") } else { format!("{wanted} or 0 byte {name}") };
    Err(format!("Expected {plural} ({})", value.len()))
}

fn duration(value: &[u8]) -> Result<(), String> {
    if value.len() < 3 {
        return Err(format!("Expected at least 3 bytes for a duration ({})", value.len()));
    }
    let Some(Duration { months, days, nanoseconds }) = Duration::decode(value) else {
        return Err("Not enough bytes to read a duration".to_owned());
    };
    for (name, number) in [("months", months), ("days", days)] {
        if i32::try_from(number).is_err() {
            return Err(format!("The duration {name} must be a 32 bits integer but was: {number}"));
        }
    }
    let parts = [months, days, nanoseconds];
    if parts.iter().all(|part| *part >= 0) || parts.iter().all(|part| *part <= 0) {
        return Ok(());
    }
    Err(format!(
        "The duration months, days and nanoseconds must be all of the same sign ({months}, {days}, {nanoseconds})"
    ))
}

fn elements<'t>(value: &[u8], name: &str, ty: impl Fn(usize) -> &'t CqlType) -> Result<(), String> {
    let count = collection_elements(Collection::Elements, value).count();
    check_count(value, count, 1, name)?;
    each(Collection::Elements, value, ty, name)
}

/// Whether a collection holds as many elements as its leading count says.
fn check_count(value: &[u8], found: usize, per_entry: usize, name: &str) -> Result<(), String> {
    let said = value.first_chunk().map(|count| i32::from_be_bytes(*count)).map(usize::try_from);
    match said {
        Some(Ok(said)) if said.checked_mul(per_entry) == Some(found) => Ok(()),
        _ => Err(format!("Not enough bytes to read a {name}")),
    }
}

fn each<'t>(
    layout: Collection,
    value: &[u8],
    ty: impl Fn(usize) -> &'t CqlType,
    name: &str,
) -> Result<(), String> {
    for (index, element) in collection_elements(layout, value).enumerate() {
        match element {
            Some(element) => validate(ty(index), element)?,
            None => return Err(format!("null is not supported inside collections ({name})")),
        }
    }
    Ok(())
}

fn tuple<'t>(types: impl IntoIterator<Item = &'t CqlType>, value: &[u8]) -> Result<(), String> {
    let mut rest = value;
    for (index, ty) in types.into_iter().enumerate() {
        if rest.is_empty() {
            return Ok(());
        }
        let Some((element, after)) = take_element(rest) else {
            return Err(format!("Not enough bytes to read component {index} of a tuple"));
        };
        if let Some(element) = element {
            validate(ty, element)?;
        }
        rest = after;
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err("Invalid remaining data after end of tuple value".to_owned())
    }
}

fn vector(element: &CqlType, dimension: u16, value: &[u8]) -> Result<(), String> {
    let Some(size) = element.fixed_size() else {
        return Ok(());
    };
    let wanted = size * usize::from(dimension);
    if value.len() == wanted {
        return Ok(());
    }
    Err(format!(
        "Invalid vector: expected {wanted} bytes for {dimension} dimensions, got {}",
        value.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_checked_and_most_types_accept_no_bytes_at_all() {
        assert_eq!(validate(&CqlType::Int, &[]), Ok(()));
        assert_eq!(validate(&CqlType::Int, &[1, 2, 3]), Err("Expected 4 or 0 byte int (3)".into()));
        assert_eq!(validate(&CqlType::TinyInt, &[]), Err("Expected 1 byte byte (0)".into()));
        assert_eq!(validate(&CqlType::Text, &[0xFF]), Err("String didn't validate.".into()));
        assert!(validate(&CqlType::Inet, &[1; 5]).is_err());
    }

    #[test]
    fn durations_have_one_sign_and_months_and_days_of_32_bits() {
        let checked = |months, days, nanoseconds| {
            validate(&CqlType::Duration, &Duration { months, days, nanoseconds }.encode())
        };
        for good in [(0, 0, 0), (1, 2, i64::MAX), (-1, 0, i64::MIN)] {
            assert_eq!(checked(good.0, good.1, good.2), Ok(()));
        }
        let mixed =
            "The duration months, days and nanoseconds must be all of the same sign (0, -1, 1)";
        assert_eq!(checked(0, -1, 1), Err(mixed.into()));
        let long = "The duration days must be a 32 bits integer but was: 2147483648";
        assert_eq!(checked(0, 1 << 31, 0), Err(long.into()));
        assert!(validate(&CqlType::Duration, &[0, 0]).is_err());
        assert!(validate(&CqlType::Duration, &[0, 0, 0xFF]).is_err());
    }

    #[test]
    fn collections_are_checked_to_the_last_element() {
        let list = CqlType::List(Box::new(CqlType::Int));
        let good = [0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9];
        assert_eq!(validate(&list, &good), Ok(()));
        assert!(validate(&list, &good[..11]).is_err());
        assert!(validate(&list, &[0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]).is_err());
        assert!(validate(&list, &[0, 0, 0, 1, 0, 0, 0, 1, 9]).is_err());
        assert!(validate(&list, &[]).is_err());
    }

    #[test]
    fn tuples_may_be_short_and_hold_nulls() {
        let tuple = CqlType::Tuple(vec![CqlType::Int, CqlType::Text]);
        assert_eq!(validate(&tuple, &[0xFF, 0xFF, 0xFF, 0xFF]), Ok(()));
        assert!(validate(&tuple, &[0, 0, 0, 4, 1]).is_err());
    }
}

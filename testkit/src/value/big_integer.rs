//! Integers of any size, between decimal text and two's complement bytes.

/// The shortest big-endian two's complement of a decimal number such as `-129`.
pub(super) fn from_decimal(text: &str) -> Option<Vec<u8>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Little-endian magnitude, grown digit by digit.
    let mut magnitude: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in &mut magnitude {
            carry += u16::from(*byte) * 10;
            *byte = low_byte(carry);
            carry >>= 8;
        }
        if carry > 0 {
            magnitude.push(low_byte(carry));
        }
    }
    magnitude.push(0);
    if negative {
        negate(&mut magnitude);
    }
    magnitude.reverse();
    let redundant =
        magnitude.windows(2).take_while(|pair| is_sign_extension(pair[0], pair[1])).count();
    magnitude.drain(..redundant);
    Some(magnitude)
}

/// Whether the number is negative, and the decimal digits of its magnitude without leading zeros; zero has none.
pub(super) fn to_decimal(bytes: &[u8]) -> (bool, Vec<u8>) {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut magnitude: Vec<u8> = bytes.iter().rev().copied().collect();
    if negative {
        magnitude.push(0xFF);
        negate(&mut magnitude);
    }
    let mut digits = Vec::new();
    while magnitude.iter().any(|byte| *byte != 0) {
        let mut remainder = 0u16;
        for byte in magnitude.iter_mut().rev() {
            let dividend = remainder << 8 | u16::from(*byte);
            *byte = low_byte(dividend / 10);
            remainder = dividend % 10;
        }
        digits.push(low_byte(remainder));
    }
    digits.reverse();
    (negative, digits)
}

/// Two's complement negation of a little-endian number.
fn negate(little_endian: &mut [u8]) {
    let mut carry = true;
    for byte in little_endian {
        (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
    }
}

fn is_sign_extension(first: u8, second: u8) -> bool {
    (first == 0 && second & 0x80 == 0) || (first == 0xFF && second & 0x80 != 0)
}

fn low_byte(number: u16) -> u8 {
    number.to_be_bytes()[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_as_short_as_cassandra_writes_them() {
        for (text, bytes) in [
            ("0", vec![0]),
            ("-1", vec![0xFF]),
            ("127", vec![0x7F]),
            ("128", vec![0x00, 0x80]),
            ("-128", vec![0x80]),
            ("-129", vec![0xFF, 0x7F]),
            ("65536", vec![1, 0, 0]),
        ] {
            assert_eq!(from_decimal(text), Some(bytes), "{text}");
        }
        assert_eq!((from_decimal(""), from_decimal("1x"), from_decimal("--1")), (None, None, None));
    }

    #[test]
    fn a_number_survives_the_way_there_and_back() {
        for text in ["1", "-1", "99999999999999999999999999", "-123456789012345678901234567890"] {
            let (negative, digits) = to_decimal(&from_decimal(text).unwrap());
            let shown: String = digits.iter().map(|digit| char::from(digit + b'0')).collect();
            assert_eq!(format!("{}{shown}", if negative { "-" } else { "" }), text);
        }
    }
}

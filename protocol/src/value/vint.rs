//! Variable-length integers as Cassandra writes them: leading ones of the first byte count the bytes that follow.

/// Appends an unsigned vint.
pub(super) fn encode_unsigned(value: u64, out: &mut Vec<u8>) {
    let bits = u64::BITS - value.leading_zeros();
    // Seven bits a byte; the ninth byte appears when all eight of the first are length marks.
    let extra = (bits.saturating_sub(1) / 7).min(8) as usize;
    let bytes = value.to_be_bytes();
    if extra == 8 {
        out.push(0xFF);
        out.extend_from_slice(&bytes);
        return;
    }
    let start = out.len();
    out.extend_from_slice(&bytes[7 - extra..]);
    out[start] |= !(0xFF_u8 >> extra);
}

/// Reads an unsigned vint from the start of `bytes` and moves it on; `None` when they end too early.
pub(super) fn decode_unsigned(bytes: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    let extra = first.leading_ones() as usize;
    let (tail, rest) = rest.split_at_checked(extra)?;
    *bytes = rest;
    let head = if extra >= 8 { 0 } else { u64::from(first & (0xFF >> extra)) };
    Some(tail.iter().fold(head, |value, byte| (value << 8) | u64::from(*byte)))
}

/// Appends a zig-zag encoded vint.
pub(super) fn encode_signed(value: i64, out: &mut Vec<u8>) {
    encode_unsigned(((value << 1) ^ (value >> 63)).cast_unsigned(), out);
}

/// Reads a zig-zag encoded vint from the start of `bytes` and moves it on; `None` when they end too early.
pub(super) fn decode_signed(bytes: &mut &[u8]) -> Option<i64> {
    let raw = decode_unsigned(bytes)?;
    Some((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_change_where_seven_bits_end() {
        for (value, length) in
            [(0, 1), (127, 1), (128, 2), (16383, 2), (16384, 3), ((1 << 56) - 1, 8), (1 << 56, 9)]
        {
            let mut out = Vec::new();
            encode_unsigned(value, &mut out);
            assert_eq!(out.len(), length, "{value}");
        }
    }

    proptest! {
        #[test]
        fn vints_round_trip(value: i64, raw: u64) {
            let mut out = Vec::new();
            encode_signed(value, &mut out);
            encode_unsigned(raw, &mut out);
            let mut left = out.as_slice();
            prop_assert_eq!(decode_signed(&mut left), Some(value));
            prop_assert_eq!(decode_unsigned(&mut left), Some(raw));
            prop_assert!(left.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = decode_signed(&mut bytes.as_slice());
        }
    }
}

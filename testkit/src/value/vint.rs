//! Integers that take as few bytes as they need.

/// How many more bytes follow in the leading ones of the first byte, then the number, big-endian.
pub(super) fn write_unsigned_vint(number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let significant = 64 - (number | 1).leading_zeros() as usize;
    let extra = (significant - 1) / 7;
    if extra >= 8 {
        out.push(0xFF);
        out.extend_from_slice(&bytes);
        return;
    }
    let first = out.len();
    out.extend_from_slice(&bytes[7 - extra..]);
    out[first] |= !(0xFF_u8 >> extra);
}

/// A number and what follows it.
pub(super) fn read_unsigned_vint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let extra = first.leading_ones() as usize;
    let (more, rest) = rest.split_at_checked(extra)?;
    let lead = if extra >= 8 { 0 } else { u64::from(first & (0xFF_u8 >> extra)) };
    Some((more.iter().fold(lead, |number, byte| number << 8 | u64::from(*byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vints_take_as_few_bytes_as_they_need() {
        for (number, bytes) in [
            (0, vec![0]),
            (127, vec![0x7F]),
            (128, vec![0x80, 0x80]),
            (16_383, vec![0xBF, 0xFF]),
            (16_384, vec![0xC0, 0x40, 0x00]),
            ((1 << 56) - 1, vec![0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            (1 << 56, vec![0xFF, 1, 0, 0, 0, 0, 0, 0, 0]),
            (u64::MAX, vec![0xFF; 9]),
        ] {
            let mut out = Vec::new();
            write_unsigned_vint(number, &mut out);
            assert_eq!(out, bytes, "{number}");
            assert_eq!(read_unsigned_vint(&out), Some((number, &[][..])));
        }
    }
}

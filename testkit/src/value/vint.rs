//! Integers that take as few bytes as they need.

/// How many more bytes follow in the leading ones of the first byte, then the number, big-endian.
pub(crate) fn write_unsigned_vint(number: u64, out: &mut Vec<u8>) {
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
        }
    }
}

//! The two checksums of a segment, as Cassandra computes them.

const CRC24_INITIAL: u32 = 0x0087_5060;
const CRC24_POLYNOMIAL: u32 = 0x0197_4F0B;
const CRC32_PREFIX: [u8; 4] = [0xFA, 0x2D, 0x55, 0xCA];

const CRC24_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= CRC24_POLYNOMIAL;
            }
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// The checksum of a segment's header.
pub(super) fn crc24(header: &[u8]) -> u32 {
    header.iter().fold(CRC24_INITIAL, |crc, byte| {
        let index = (crc >> 16) as u8 ^ byte;
        (crc << 8 & 0x00FF_FFFF) ^ CRC24_TABLE[usize::from(index)]
    })
}

/// The checksum of a segment's payload, as it stands on the wire.
pub(super) fn crc32(payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&CRC32_PREFIX);
    hasher.update(payload);
    hasher.finalize()
}

use super::checksum::crc24;
use crate::wire::Writer;

/// How the segments of a connection are written, as STARTUP's `COMPRESSION` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentFormat {
    /// Checksums only.
    Plain,
    /// Checksums, and LZ4 where it saves something.
    Lz4,
}

/// What stands before a segment's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// Bytes in the payload as it stands on the wire.
    pub(super) length: usize,
    /// Bytes in the payload once it is decompressed; 0 where it is not compressed.
    pub(super) uncompressed: usize,
    /// Whether the payload is whole frames.
    pub(super) is_self_contained: bool,
}

const LENGTH_BITS: u32 = 17;
const LENGTH_MASK: u64 = (1 << LENGTH_BITS) - 1;
const CRC24_LENGTH: usize = 3;

impl SegmentFormat {
    /// Bytes in a header, its checksum left out.
    fn fields(self) -> usize {
        match self {
            Self::Plain => 3,
            Self::Lz4 => 5,
        }
    }

    /// The bit that says whether a segment is self-contained; the lengths are the bits below it.
    fn self_contained(self) -> u64 {
        match self {
            Self::Plain => 1 << LENGTH_BITS,
            Self::Lz4 => 1 << (2 * LENGTH_BITS),
        }
    }
}

impl SegmentHeader {
    /// The largest payload: what 17 bits can say.
    pub(super) const MAX_PAYLOAD: usize = (1 << LENGTH_BITS) - 1;

    /// Bytes of a header with its checksum.
    pub(super) fn size(format: SegmentFormat) -> usize {
        format.fields() + CRC24_LENGTH
    }

    pub(super) fn encode(&self, format: SegmentFormat, out: &mut Vec<u8>) {
        let mut word = self.length as u64;
        if format == SegmentFormat::Lz4 {
            word |= (self.uncompressed as u64) << LENGTH_BITS;
        }
        if self.is_self_contained {
            word |= format.self_contained();
        }
        let fields = word.to_le_bytes();
        let fields = &fields[..format.fields()];
        out.put(fields);
        out.put(&crc24(fields).to_le_bytes()[..CRC24_LENGTH]);
    }

    /// Reads a header from as many bytes as it takes; `None` when its checksum does not match.
    pub(super) fn decode(format: SegmentFormat, bytes: &[u8]) -> Option<Self> {
        let (fields, checksum) = bytes.split_at_checked(format.fields())?;
        if u64::from(crc24(fields)) != little_endian(checksum) {
            return None;
        }
        let word = little_endian(fields);
        let uncompressed = match format {
            SegmentFormat::Plain => 0,
            SegmentFormat::Lz4 => word >> LENGTH_BITS & LENGTH_MASK,
        };
        Some(Self {
            length: usize::try_from(word & LENGTH_MASK).ok()?,
            uncompressed: usize::try_from(uncompressed).ok()?,
            is_self_contained: word & format.self_contained() != 0,
        })
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

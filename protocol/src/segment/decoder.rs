use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

use super::SegmentFormat;
use super::checksum::crc32;
use super::header::SegmentHeader;
use crate::compression::LZ4_MAX_RATIO;

const CRC32_LENGTH: usize = 4;

/// Takes segments off a byte stream.
///
/// ```
/// use bytes::BytesMut;
/// use helenus_protocol::{SegmentDecoder, SegmentEncoder, SegmentFormat};
///
/// let frame = [5, 0, 0, 0, 5, 0, 0, 0, 0];
/// let mut wire = Vec::new();
/// SegmentEncoder::new(SegmentFormat::Plain).encode(&frame, &mut wire);
///
/// let decoder = SegmentDecoder::new(SegmentFormat::Plain);
/// let (mut received, mut frames) = (BytesMut::new(), BytesMut::new());
/// for byte in wire {
///     received.extend_from_slice(&[byte]);
///     while let Some(segment) = decoder.decode(&mut received)? {
///         frames.extend_from_slice(&segment.payload);
///     }
/// }
/// assert_eq!(frames, frame[..]);
/// # Ok::<(), helenus_protocol::SegmentError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentDecoder {
    format: SegmentFormat,
}

/// What a segment carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Bytes of frames: 131,071 at most.
    pub payload: Bytes,
    /// Whether the payload is whole frames; otherwise it is a part of one that is too large for a segment.
    pub is_self_contained: bool,
}

/// A segment that cannot be read. The stream behind it is lost: where its next segment starts is not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The header is damaged.
    #[error("a segment's header does not match its checksum")]
    HeaderChecksum,
    /// The payload is damaged.
    #[error("a segment's payload of {length} bytes does not match its checksum")]
    PayloadChecksum {
        /// Bytes in the payload.
        length: usize,
    },
    /// The payload arrived as it was sent, and is no LZ4 block of the length that was announced.
    #[error("a segment's payload of {compressed} bytes does not decompress to {announced} bytes")]
    Compression {
        /// Bytes in the payload.
        compressed: usize,
        /// Bytes that the header announced.
        announced: usize,
    },
}

impl SegmentDecoder {
    /// A decoder of segments of this format.
    pub fn new(format: SegmentFormat) -> Self {
        Self { format }
    }

    /// Takes the first segment off `received`; `None`, and nothing is taken, while it is not there to its end.
    ///
    /// # Errors
    /// A segment that is damaged.
    pub fn decode(&self, received: &mut BytesMut) -> Result<Option<Segment>, SegmentError> {
        let start = SegmentHeader::size(self.format);
        let Some(header) = received.get(..start) else { return Ok(None) };
        let header = SegmentHeader::decode(self.format, header);
        let header = header.ok_or(SegmentError::HeaderChecksum)?;
        let end = start + header.length;
        let Some(checksum) = received.get(end..end + CRC32_LENGTH) else { return Ok(None) };
        if crc32(&received[start..end]).to_le_bytes() != checksum {
            return Err(SegmentError::PayloadChecksum { length: header.length });
        }
        received.advance(start);
        let payload = received.split_to(header.length).freeze();
        received.advance(CRC32_LENGTH);
        let payload = match header.uncompressed {
            0 => payload,
            announced => decompress(&payload, announced)?,
        };
        Ok(Some(Segment { payload, is_self_contained: header.is_self_contained }))
    }
}

fn decompress(compressed: &[u8], announced: usize) -> Result<Bytes, SegmentError> {
    let damaged = || SegmentError::Compression { compressed: compressed.len(), announced };
    if announced > compressed.len().saturating_mul(LZ4_MAX_RATIO) {
        return Err(damaged());
    }
    let mut payload = vec![0; announced];
    match lz4_flex::block::decompress_into(compressed, &mut payload) {
        Ok(length) if length == announced => Ok(payload.into()),
        _ => Err(damaged()),
    }
}

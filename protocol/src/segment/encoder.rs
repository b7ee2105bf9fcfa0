use super::SegmentFormat;
use super::checksum::crc32;
use super::header::SegmentHeader;
use crate::FrameHeader;
use crate::wire::Writer;

/// Wraps frames in segments.
#[derive(Debug, Clone)]
pub struct SegmentEncoder {
    format: SegmentFormat,
    compressed: Vec<u8>,
}

impl SegmentEncoder {
    /// An encoder of segments of this format.
    pub fn new(format: SegmentFormat) -> Self {
        Self { format, compressed: Vec::new() }
    }

    /// Appends `frames`, which are whole frames one behind the other, to `out` as segments.
    ///
    /// Frames that fit share a self-contained segment; a larger one is split over segments of its own.
    pub fn encode(&mut self, mut frames: &[u8], out: &mut Vec<u8>) {
        while !frames.is_empty() {
            let fitting = whole_frames(frames);
            if fitting > 0 {
                let (payload, rest) = frames.split_at(fitting);
                self.segment(payload, true, out);
                frames = rest;
            } else {
                let (large, rest) = frames.split_at(first_frame(frames));
                let parts = large.chunks(SegmentHeader::MAX_PAYLOAD);
                parts.for_each(|part| self.segment(part, false, out));
                frames = rest;
            }
        }
    }

    fn segment(&mut self, payload: &[u8], is_self_contained: bool, out: &mut Vec<u8>) {
        let is_compressed = self.format == SegmentFormat::Lz4 && self.compress(payload);
        let (written, uncompressed) =
            if is_compressed { (self.compressed.as_slice(), payload.len()) } else { (payload, 0) };
        let length = written.len();
        SegmentHeader { length, uncompressed, is_self_contained }.encode(self.format, out);
        out.put(written);
        out.put(&crc32(written).to_le_bytes());
    }

    /// Compresses `payload`; whether that saved something.
    fn compress(&mut self, payload: &[u8]) -> bool {
        self.compressed.resize(lz4_flex::block::get_maximum_output_size(payload.len()), 0);
        match lz4_flex::block::compress_into(payload, &mut self.compressed) {
            Ok(length) if length < payload.len() => {
                self.compressed.truncate(length);
                true
            }
            _ => false,
        }
    }
}

/// Bytes of the first frame; of all that is there, where that is no whole frame.
fn first_frame(frames: &[u8]) -> usize {
    let Some([.., l0, l1, l2, l3]) = frames.first_chunk::<{ FrameHeader::LENGTH }>() else {
        return frames.len();
    };
    let body = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
    body.saturating_add(FrameHeader::LENGTH).min(frames.len())
}

/// Bytes of as many frames as one segment can hold.
fn whole_frames(frames: &[u8]) -> usize {
    let mut fitting = 0;
    while fitting < frames.len() {
        let end = fitting + first_frame(&frames[fitting..]);
        if end > SegmentHeader::MAX_PAYLOAD {
            break;
        }
        fitting = end;
    }
    fitting
}

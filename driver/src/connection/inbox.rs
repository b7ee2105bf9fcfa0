use bytes::{Buf, Bytes, BytesMut};
use helenus_protocol::{FrameHeader, SegmentDecoder};

use super::CloseReason;

/// Bytes that have arrived, and the frames that can be cut out of them.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// As they came from the socket.
    pub(super) wire: BytesMut,
    /// What segments held, where the protocol version has them.
    frames: BytesMut,
    segments: Option<SegmentDecoder>,
}

impl Inbox {
    /// Takes all that follows for segments.
    pub(super) fn expect_segments(&mut self, decoder: SegmentDecoder) {
        self.segments = Some(decoder);
    }

    /// The next frame, if all of it is here; its body shares the memory of what has arrived.
    pub(super) fn next_frame(
        &mut self,
        limit: usize,
    ) -> Result<Option<(FrameHeader, Bytes)>, CloseReason> {
        loop {
            if let Some(frame) = cut(self.frames(), limit)? {
                return Ok(Some(frame));
            }
            let Some(segments) = &self.segments else { return Ok(None) };
            match segments.decode(&mut self.wire).map_err(CloseReason::BadSegment)? {
                Some(segment) => self.frames.extend_from_slice(&segment.payload),
                None => return Ok(None),
            }
        }
    }

    fn frames(&mut self) -> &mut BytesMut {
        if self.segments.is_some() { &mut self.frames } else { &mut self.wire }
    }
}

fn cut(frames: &mut BytesMut, limit: usize) -> Result<Option<(FrameHeader, Bytes)>, CloseReason> {
    let Some(header) = FrameHeader::decode(frames).map_err(CloseReason::Garbage)? else {
        return Ok(None);
    };
    let length = header.length as usize;
    if length > limit {
        return Err(CloseReason::FrameTooLarge { length, limit });
    }
    if frames.len() < FrameHeader::LENGTH + length {
        return Ok(None);
    }
    frames.advance(FrameHeader::LENGTH);
    Ok(Some((header, frames.split_to(length).freeze())))
}

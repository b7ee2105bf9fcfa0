#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use helenus_protocol::{FrameHeader, SegmentDecoder};

use super::CloseReason;

/// How much memory is taken at once for what arrives, in bytes. A row that lives on keeps this much alive, so it is
/// not large.
const CHUNK: usize = 64 * 1024;

/// The least room that is read into, in bytes.
const MIN_ROOM: usize = 16 * 1024;

/// Chunks that are kept to be used again once no answer lies in them any more.
const KEPT_CHUNKS: usize = 4;

/// Up to this many bytes, room is made for a frame as soon as it announces itself. Beyond, room doubles with what
/// has arrived, whatever length a frame announces.
const TRUSTED_LENGTH: usize = 4 * 1024 * 1024;

/// What comes next of what has arrived.
#[derive(Debug, PartialEq)]
pub(super) enum Arrival {
    /// A frame; its body shares the memory of what has arrived.
    Frame(FrameHeader, Bytes),
    /// The beginning of a frame that is larger than is taken; the rest of it is passed over as it comes.
    TooLarge(FrameHeader),
}

/// Bytes that have arrived, and the frames that can be cut out of them.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// As they came from the socket.
    wire: BytesMut,
    /// Chunks that answers may still lie in.
    used: VecDeque<BytesMut>,
    segments: Option<SegmentDecoder>,
    /// Frames that are here to their end.
    whole: Bytes,
    /// What segments held of a frame that is split over several of them.
    split: BytesMut,
    /// Bytes still to come of a frame that is too large.
    passed_over: usize,
}

impl Inbox {
    /// Takes all that follows for segments.
    pub(super) fn expect_segments(&mut self, decoder: SegmentDecoder) {
        self.segments = Some(decoder);
    }

    /// The next frame with a body of up to `limit` bytes, if all of it is here, or word of a larger one as soon as it
    /// begins.
    pub(super) fn next_frame(&mut self, limit: usize) -> Result<Option<Arrival>, CloseReason> {
        loop {
            if let Some(header) = first_header(&self.whole)? {
                let length = header.length as usize;
                if length > limit {
                    return Ok(Some(self.pass_over(header)));
                }
                if self.whole.len() >= FrameHeader::LENGTH + length {
                    self.whole.advance(FrameHeader::LENGTH);
                    return Ok(Some(Arrival::Frame(header, self.whole.split_to(length))));
                }
            }
            if !self.take_whole_frames(limit)? {
                return Ok(None);
            }
        }
    }

    /// Gives up the first frame, of which not all may be here.
    #[cold]
    fn pass_over(&mut self, header: FrameHeader) -> Arrival {
        self.passed_over = FrameHeader::LENGTH + header.length as usize;
        pass_over(&mut self.passed_over, &mut self.whole);
        Arrival::TooLarge(header)
    }

    /// Sees to it that `whole` starts with a whole frame, or one that is too large; `false` where none is here.
    fn take_whole_frames(&mut self, limit: usize) -> Result<bool, CloseReason> {
        let Some(segments) = &self.segments else {
            pass_over(&mut self.passed_over, &mut self.wire);
            self.whole = whole_frames(&mut self.wire, limit)?;
            return Ok(!self.whole.is_empty());
        };
        self.split.extend_from_slice(&std::mem::take(&mut self.whole));
        while let Some(mut segment) =
            segments.decode(&mut self.wire).map_err(CloseReason::BadSegment)?
        {
            pass_over(&mut self.passed_over, &mut segment.payload);
            if segment.is_self_contained && self.split.is_empty() {
                self.whole = segment.payload;
                return Ok(true);
            }
            self.split.extend_from_slice(&segment.payload);
            self.whole = whole_frames(&mut self.split, limit)?;
            if !self.whole.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where the next bytes go, with room for some.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        let wanted = self.wanted();
        if self.wire.capacity() - self.wire.len() < wanted && !self.wire.try_reclaim(wanted) {
            let mut chunk = self.chunk(CHUNK.max(self.wire.len() + wanted));
            chunk.extend_from_slice(&self.wire);
            let mut used = std::mem::replace(&mut self.wire, chunk);
            used.clear();
            self.used.push_back(used);
        }
        &mut self.wire
    }

    fn wanted(&self) -> usize {
        let here = self.wire.len();
        let announced = match (&self.segments, FrameHeader::decode(&self.wire)) {
            (None, Ok(Some(header))) => FrameHeader::LENGTH + header.length as usize,
            _ => 0,
        };
        if announced > TRUSTED_LENGTH || self.segments.is_some() {
            return MIN_ROOM.max(here);
        }
        MIN_ROOM.max(announced.saturating_sub(here))
    }

    /// A chunk that was used before, if no answer lies in it any more, else a new one.
    fn chunk(&mut self, size: usize) -> BytesMut {
        if size == CHUNK {
            let free = self.used.iter_mut().position(|chunk| chunk.try_reclaim(CHUNK));
            if let Some(chunk) = free.and_then(|index| self.used.remove(index)) {
                return chunk;
            }
        }
        while self.used.len() >= KEPT_CHUNKS {
            self.used.pop_front();
        }
        BytesMut::with_capacity(size)
    }
}

/// The header of the first frame, if it is here.
fn first_header(frames: &[u8]) -> Result<Option<FrameHeader>, CloseReason> {
    FrameHeader::decode(frames).map_err(CloseReason::Garbage)
}

/// Drops the front of `bytes`, as far as it is to be passed over.
fn pass_over(passed_over: &mut usize, bytes: &mut impl Buf) {
    if *passed_over > 0 {
        let here = bytes.remaining().min(*passed_over);
        bytes.advance(here);
        *passed_over -= here;
    }
}

/// How long the first frame says that it is, header and all.
fn frame_length(frames: &[u8]) -> Option<usize> {
    let [.., l0, l1, l2, l3] = frames.first_chunk::<{ FrameHeader::LENGTH }>()?;
    Some(FrameHeader::LENGTH + u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize)
}

/// Takes all whole frames off the front, or all that is here of one that is too large.
fn whole_frames(frames: &mut BytesMut, limit: usize) -> Result<Bytes, CloseReason> {
    let mut end = 0;
    while let Some(length) = frame_length(&frames[end..])
        && length <= frames.len() - end
    {
        end += length;
    }
    // Damage shows in the header, before the frame is whole.
    if end == 0 && first_header(frames)?.is_some_and(|header| header.length as usize > limit) {
        end = frames.len();
    }
    Ok(match end {
        0 => Bytes::new(),
        end => frames.split_to(end).freeze(),
    })
}

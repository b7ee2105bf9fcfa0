use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};
use helenus_protocol::FrameHeader;

use super::answers::put_stream;

/// Pieces that one write takes.
const PIECES: usize = 8;

/// What is to be written: answers made for this connection, and between them pages that are the same for all of them,
/// which are not copied.
#[derive(Debug, Default)]
pub(super) struct Output {
    pieces: VecDeque<Bytes>,
    /// What stands behind the pieces.
    last: Vec<u8>,
    /// Bytes of `last` that were written.
    written: usize,
}

impl Output {
    /// Where answers are appended.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.last
    }

    /// Appends a whole frame with another stream.
    pub(super) fn share(&mut self, frame: &Bytes, stream: [u8; 2]) {
        let start = self.last.len();
        self.last.extend_from_slice(&frame[..FrameHeader::LENGTH]);
        put_stream(&mut self.last[start..], stream);
        let mut before = Bytes::from(std::mem::take(&mut self.last));
        before.advance(std::mem::take(&mut self.written));
        self.pieces.extend([before, frame.slice(FrameHeader::LENGTH..)]);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.written == self.last.len()
    }

    /// Hands as much as possible to `write`, which says how many bytes it took.
    pub(super) fn write(
        &mut self,
        write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let mut slices = [IoSlice::new(&[]); PIECES + 1];
        let pieces = self.pieces.len().min(PIECES);
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
        }
        let mut used = pieces;
        if pieces == self.pieces.len() {
            slices[used] = IoSlice::new(&self.last[self.written..]);
            used += 1;
        }
        let mut taken = write(&slices[..used])?;
        while let Some(piece) = self.pieces.front_mut().filter(|_| taken > 0) {
            let of_piece = taken.min(piece.len());
            piece.advance(of_piece);
            taken -= of_piece;
            if piece.is_empty() {
                self.pieces.pop_front();
            }
        }
        self.written += taken;
        if self.is_empty() {
            self.last.clear();
            self.written = 0;
        }
        Ok(())
    }

    /// Takes all of it, in one piece.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) {
        self.pieces.drain(..).for_each(|piece| out.extend_from_slice(&piece));
        out.extend_from_slice(&self.last[self.written..]);
        self.last.clear();
        self.written = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_pages_are_written_in_their_order_however_little_is_taken() {
        let page = Bytes::from((0..40).collect::<Vec<u8>>());
        for most in 1..60 {
            let mut output = Output::default();
            output.end().extend([100, 101]);
            output.share(&page, [7, 8]);
            output.share(&page, [9, 10]);
            output.end().push(102);
            let mut written = Vec::new();
            while !output.is_empty() {
                let take = |slices: &[IoSlice<'_>]| {
                    let all = slices.iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>();
                    let taken = all.len().min(most);
                    written.extend_from_slice(&all[..taken]);
                    Ok(taken)
                };
                output.write(take).unwrap();
            }
            let page = |stream: [u8; 2]| [&[0, 1][..], &stream, &page[4..]].concat();
            let all = [&[100, 101][..], &page([7, 8]), &page([9, 10]), &[102]].concat();
            assert_eq!(written, all);
        }
    }
}

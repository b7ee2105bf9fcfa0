use helenus_protocol::{SegmentEncoder, SegmentFormat};

use super::*;

/// An answer whose body is `body`.
fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x85, 0, 0, 1, 8];
    frame.extend_from_slice(&(body.len() as u32).to_be_bytes());
    frame.extend_from_slice(body);
    frame
}

/// The longest body that is taken.
const LIMIT: usize = 1 << 20;

/// Lets `bytes` arrive in pieces of a length; returns the bodies of all frames, and the lengths of those too large.
fn receive(inbox: &mut Inbox, bytes: &[u8], piece: usize) -> Vec<Bytes> {
    let mut bodies = Vec::new();
    for piece in bytes.chunks(piece) {
        let room = inbox.room();
        assert!(room.capacity() - room.len() >= piece.len());
        room.extend_from_slice(piece);
        while let Some(arrival) = inbox.next_frame(LIMIT).unwrap() {
            bodies.push(match arrival {
                Arrival::Frame(_, body) => body,
                Arrival::TooLarge(header) => Bytes::copy_from_slice(&header.length.to_be_bytes()),
            });
        }
    }
    bodies
}

fn bodies(lengths: &[usize]) -> Vec<Vec<u8>> {
    lengths.iter().map(|length| (0..*length).map(|n| (n * 7) as u8).collect()).collect()
}

#[test]
fn frames_are_cut_wherever_the_reads_end() {
    let sent = bodies(&[0, 1, 100, 70_000, 3, 300_000, 17]);
    let wire: Vec<u8> = sent.iter().flat_map(|body| frame(body)).collect();
    for piece in [1, 9, 1000, 16_000] {
        assert_eq!(receive(&mut Inbox::default(), &wire, piece), sent, "in pieces of {piece}");
    }
}

#[test]
fn frames_are_cut_out_of_segments_that_share_them_or_split_them() {
    let sent = bodies(&[0, 1, 100, 200_000, 3, 300_000, 17, 18]);
    let frames: Vec<u8> = sent.iter().flat_map(|body| frame(body)).collect();
    for format in [SegmentFormat::Plain, SegmentFormat::Lz4] {
        let mut wire = Vec::new();
        SegmentEncoder::new(format).encode(&frames, &mut wire);
        for piece in [1000, 16_000] {
            let mut inbox = Inbox::default();
            inbox.expect_segments(SegmentDecoder::new(format));
            assert_eq!(receive(&mut inbox, &wire, piece), sent, "{format:?} by {piece}");
        }
    }
}

#[test]
fn memory_is_used_again_once_its_answers_are_gone() {
    let mut inbox = Inbox::default();
    let mut addresses = std::collections::HashSet::new();
    let wire = frame(&[7; 1000]);
    let mut waiting = VecDeque::new();
    for _ in 0..10_000 {
        waiting.extend(receive(&mut inbox, &wire, wire.len()));
        addresses.insert(inbox.wire.as_ptr() as usize / CHUNK);
        if waiting.len() > 50 {
            waiting.pop_front();
        }
    }
    assert!(addresses.len() <= 8, "{} places", addresses.len());
    assert!(inbox.used.len() <= KEPT_CHUNKS);
}

#[test]
fn an_answer_that_lives_on_keeps_one_chunk_alive_and_not_those_behind_it() {
    let mut inbox = Inbox::default();
    let wire = frame(&[7; 1000]);
    let kept = receive(&mut inbox, &wire, wire.len());
    for _ in 0..10_000 {
        receive(&mut inbox, &wire, wire.len());
    }
    assert_eq!(kept[0], [7; 1000][..]);
    assert!(inbox.used.len() <= KEPT_CHUNKS);
    assert!(inbox.wire.capacity() <= CHUNK);
}

#[test]
fn a_length_that_is_a_lie_gets_no_memory_in_advance() {
    let mut inbox = Inbox::default();
    let mut header = frame(&[]);
    header[5..].copy_from_slice(&200_000_000_u32.to_be_bytes());
    inbox.room().extend_from_slice(&header);
    assert_eq!(inbox.next_frame(usize::MAX).unwrap(), None);
    assert!(inbox.room().capacity() <= CHUNK);
    header[5..].copy_from_slice(&(FrameHeader::MAX_BODY + 1).to_be_bytes());
    let mut inbox = Inbox::default();
    inbox.room().extend_from_slice(&header);
    assert!(matches!(inbox.next_frame(usize::MAX), Err(CloseReason::Garbage(_))));
}

#[test]
fn a_frame_that_is_too_large_is_passed_over_as_it_comes_and_those_around_it_are_whole() {
    let lengths = [100, 70_000, LIMIT + 1, 3, LIMIT * 3, LIMIT + 50_000, 17, LIMIT];
    let sent = bodies(&lengths);
    let frames: Vec<u8> = sent.iter().flat_map(|body| frame(body)).collect();
    let as_received = |body: &Vec<u8>| match body.len() {
        length if length > LIMIT => (length as u32).to_be_bytes().to_vec(),
        _ => body.clone(),
    };
    let taken: Vec<_> = sent.iter().map(as_received).collect();
    for format in [None, Some(SegmentFormat::Plain), Some(SegmentFormat::Lz4)] {
        let (mut wire, mut inbox) = (frames.clone(), Inbox::default());
        if let Some(format) = format {
            wire.clear();
            SegmentEncoder::new(format).encode(&frames, &mut wire);
            inbox.expect_segments(SegmentDecoder::new(format));
        }
        for piece in [1000, 16_000] {
            assert_eq!(receive(&mut inbox, &wire, piece), taken, "{format:?} by {piece}");
        }
    }
}

#[test]
fn a_frame_that_is_too_large_takes_no_memory() {
    let frame = frame(&vec![7; 40 * LIMIT]);
    for format in [None, Some(SegmentFormat::Plain)] {
        let (mut wire, mut inbox) = (frame.clone(), Inbox::default());
        if let Some(format) = format {
            wire.clear();
            SegmentEncoder::new(format).encode(&frame, &mut wire);
            inbox.expect_segments(SegmentDecoder::new(format));
        }
        let mut refused = 0;
        for piece in wire.chunks(MIN_ROOM) {
            inbox.room().extend_from_slice(piece);
            while let Some(Arrival::TooLarge(_)) = inbox.next_frame(LIMIT).unwrap() {
                refused += 1;
            }
            // A segment has to be here to its end.
            assert!(inbox.wire.capacity() <= 4 * CHUNK && inbox.split.is_empty());
        }
        assert_eq!(refused, 1);
    }
}

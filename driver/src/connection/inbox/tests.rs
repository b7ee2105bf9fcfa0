use helenus_protocol::{SegmentEncoder, SegmentFormat};

use super::*;

/// An answer whose body is `body`.
fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x85, 0, 0, 1, 8];
    frame.extend_from_slice(&(body.len() as u32).to_be_bytes());
    frame.extend_from_slice(body);
    frame
}

/// Lets `bytes` arrive in pieces of a length; returns the bodies of all frames.
fn receive(inbox: &mut Inbox, bytes: &[u8], piece: usize) -> Vec<Bytes> {
    let mut bodies = Vec::new();
    for piece in bytes.chunks(piece) {
        let room = inbox.room();
        assert!(room.capacity() - room.len() >= piece.len());
        room.extend_from_slice(piece);
        while let Some((_, body)) = inbox.next_frame(1 << 20).unwrap() {
            bodies.push(body);
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
    assert!(matches!(inbox.next_frame(1 << 20), Err(CloseReason::FrameTooLarge { .. })));
}

//! Frames come out of v5's segments as they went in, and a damaged segment is never taken for a whole one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::BytesMut;
use helenus_protocol::{Segment, SegmentDecoder, SegmentEncoder, SegmentError, SegmentFormat};
use proptest::collection::vec;
use proptest::prelude::*;

const FORMATS: [SegmentFormat; 2] = [SegmentFormat::Plain, SegmentFormat::Lz4];
const MAX_PAYLOAD: usize = 131_071;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

/// A QUERY's frame with a body of so many bytes.
fn frame(body: usize, fill: u8) -> Vec<u8> {
    let mut frame = vec![5, 0, 0, 0, 7];
    frame.extend_from_slice(&u32::try_from(body).unwrap().to_be_bytes());
    frame.resize(9 + body, fill);
    frame
}

/// A body that does not compress.
fn noise(body: usize) -> Vec<u8> {
    let mut frame = frame(body, 0);
    let mut state = 1_u32;
    for byte in &mut frame[9..] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    frame
}

fn encoded(format: SegmentFormat, frames: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    SegmentEncoder::new(format).encode(frames, &mut wire);
    wire
}

fn decoded(format: SegmentFormat, wire: &[u8]) -> Result<Vec<Segment>, SegmentError> {
    let mut received = BytesMut::from(wire);
    let mut segments = Vec::new();
    while let Some(segment) = SegmentDecoder::new(format).decode(&mut received)? {
        segments.push(segment);
    }
    Ok(segments)
}

fn joined(segments: &[Segment]) -> Vec<u8> {
    segments.iter().flat_map(|segment| segment.payload.iter().copied()).collect()
}

/// What the Python driver, 3.30, writes.
#[test]
fn segments_of_another_driver_are_read() {
    let options = hex("05 00 0000 05 00000000");
    let plain = hex("090002 a4c8c1 050000000500000000 1086284d");
    assert_eq!(encoded(SegmentFormat::Plain, &options), plain);
    assert_eq!(joined(&decoded(SegmentFormat::Plain, &plain).unwrap()), options);

    let stored = hex("0900000004 c2b895 050000000500000000 1086284d");
    assert_eq!(encoded(SegmentFormat::Lz4, &options), stored);
    assert_eq!(joined(&decoded(SegmentFormat::Lz4, &stored).unwrap()), options);

    let query = frame(100, b'a');
    let plain = [hex("6d0002 3a5b94"), query.clone(), hex("122b12fe")].concat();
    assert_eq!(encoded(SegmentFormat::Plain, &query), plain);
    assert_eq!(joined(&decoded(SegmentFormat::Plain, &plain).unwrap()), query);

    let compressed = hex("1400da0004 f1aec3 af0500000007000000646101004b5061616161612ec74ef7");
    assert_eq!(joined(&decoded(SegmentFormat::Lz4, &compressed).unwrap()), query);
}

#[test]
fn small_frames_share_a_segment() {
    let frames = [frame(10, 1), frame(0, 0), frame(2_000, 3)].concat();
    for format in FORMATS {
        let segments = decoded(format, &encoded(format, &frames)).unwrap();
        assert_eq!(segments.len(), 1);
        assert!(segments[0].is_self_contained);
        assert_eq!(segments[0].payload, frames);
    }
}

#[test]
fn a_segment_is_as_large_as_its_length_can_say() {
    for format in FORMATS {
        let largest = noise(MAX_PAYLOAD - 9);
        let segments = decoded(format, &encoded(format, &largest)).unwrap();
        assert_eq!(segments.len(), 1);
        assert!(segments[0].is_self_contained);

        let segments = decoded(format, &encoded(format, &noise(MAX_PAYLOAD - 8))).unwrap();
        assert_eq!(segments.len(), 2);
        assert!(segments.iter().all(|segment| !segment.is_self_contained));
    }
}

#[test]
fn a_large_frame_between_small_ones_has_segments_of_its_own() {
    let frames = [frame(10, 1), noise(300_000), frame(20, 2), frame(30, 3)].concat();
    for format in FORMATS {
        let segments = decoded(format, &encoded(format, &frames)).unwrap();
        let alone: Vec<_> = segments.iter().map(|segment| segment.is_self_contained).collect();
        assert_eq!(alone, [true, false, false, false, true]);
        assert_eq!(segments[0].payload.len(), 19);
        assert_eq!(segments[4].payload.len(), 68);
        assert_eq!(joined(&segments), frames);
    }
}

#[test]
fn lz4_shrinks_what_repeats_and_stores_what_does_not() {
    let repeats = frame(50_000, 7);
    assert!(encoded(SegmentFormat::Lz4, &repeats).len() < 1_000);
    let noise = noise(50_000);
    assert_eq!(encoded(SegmentFormat::Lz4, &noise).len(), noise.len() + 12);
}

#[test]
fn bytes_that_are_no_frame_are_wrapped_all_the_same() {
    for frames in [&[5, 0, 0][..], &frame(100, 1)[..50]] {
        let wire = encoded(SegmentFormat::Plain, frames);
        assert_eq!(joined(&decoded(SegmentFormat::Plain, &wire).unwrap()), frames);
    }
}

#[test]
fn damage_is_told_by_the_checksum_that_found_it() {
    for format in FORMATS {
        let wire = encoded(format, &frame(100, 9));
        let mut header = wire.clone();
        header[0] ^= 1;
        assert_eq!(decoded(format, &header), Err(SegmentError::HeaderChecksum));
        let mut payload = wire;
        let middle = payload.len() / 2;
        payload[middle] ^= 1;
        let error = decoded(format, &payload);
        assert!(matches!(error, Err(SegmentError::PayloadChecksum { .. })), "{error:?}");
    }
}

#[test]
fn a_block_of_another_length_than_announced_is_refused() {
    // A valid header (60 bytes from 2) and valid checksums around a block that holds one byte.
    let mut wire = encoded(SegmentFormat::Lz4, &[0; 60]);
    assert_eq!(decoded(SegmentFormat::Lz4, &wire).unwrap().len(), 1);
    let block = 8..wire.len() - 4;
    let mut lie = wire[block.clone()].to_vec();
    lie.fill(0);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[0xFA, 0x2D, 0x55, 0xCA]);
    hasher.update(&lie);
    let end = block.end;
    wire[block].copy_from_slice(&lie);
    wire[end..].copy_from_slice(&hasher.finalize().to_le_bytes());
    let error = decoded(SegmentFormat::Lz4, &wire);
    assert!(matches!(error, Err(SegmentError::Compression { announced: 60, .. })), "{error:?}");
}

fn format() -> impl Strategy<Value = SegmentFormat> {
    prop::sample::select(FORMATS.to_vec())
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![8 => 0..400_usize, 1 => 130_000..140_000_usize, 1 => Just(270_000)];
    let frame = (body, any::<u8>(), any::<bool>())
        .prop_map(|(body, fill, is_noise)| if is_noise { noise(body) } else { frame(body, fill) });
    vec(frame, 0..6).prop_map(|frames| frames.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_survive_however_the_bytes_arrive(
        format in format(),
        frames in frames(),
        chunks in vec(1..50_000_usize, 1..8),
    ) {
        let wire = encoded(format, &frames);
        let decoder = SegmentDecoder::new(format);
        let (mut received, mut out) = (BytesMut::new(), Vec::new());
        let mut left = wire.as_slice();
        for length in chunks.into_iter().cycle() {
            let (chunk, rest) = left.split_at(length.min(left.len()));
            left = rest;
            received.extend_from_slice(chunk);
            while let Some(segment) = decoder.decode(&mut received).unwrap() {
                prop_assert!(segment.payload.len() <= MAX_PAYLOAD);
                out.extend_from_slice(&segment.payload);
            }
            if left.is_empty() {
                break;
            }
        }
        prop_assert!(received.is_empty());
        prop_assert!(out == frames);
    }

    #[test]
    fn a_corrupted_bit_never_passes(
        format in format(),
        body in 0..3_000_usize,
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let frame = noise(body);
        let mut wire = encoded(format, &frame);
        let at = at.index(wire.len());
        wire[at] ^= 1 << bit;
        prop_assert!(decoded(format, &wire).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(format in format(), bytes in vec(any::<u8>(), 0..300)) {
        if let Ok(segments) = decoded(format, &bytes) {
            prop_assert!(joined(&segments).len() <= bytes.len());
        }
    }
}

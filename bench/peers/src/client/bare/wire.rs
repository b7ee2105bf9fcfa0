use bytes::{Bytes, BytesMut};
use helenus_protocol::{
    Compression, FrameCodec, FrameFlags, FrameHeader, ProtocolVersion, Request, SegmentDecoder,
    SegmentEncoder, SegmentFormat,
};

use crate::Error;
use crate::client::{self, Options, Protocol};

/// The largest answer that is taken, in bytes.
const MAX_ANSWER: usize = 16 << 20;

/// How frames stand on the wire.
pub(super) struct Wire {
    pub(super) codec: FrameCodec,
    segments: Option<(SegmentEncoder, SegmentDecoder)>,
    /// What segments carried.
    unwrapped: BytesMut,
}

impl Wire {
    pub(super) fn new(options: &Options) -> Self {
        let version = match options.protocol {
            Protocol::V4 => ProtocolVersion::V4,
            Protocol::V5 => ProtocolVersion::V5,
        };
        Self { codec: FrameCodec::new(version), segments: None, unwrapped: BytesMut::new() }
    }

    /// What both sides speak from the answer to STARTUP on.
    pub(super) fn start(&mut self, options: &Options) {
        self.codec.compression = compression(options);
        if self.codec.version == ProtocolVersion::V5 {
            let format = match self.codec.compression {
                Some(_) => SegmentFormat::Lz4,
                None => SegmentFormat::Plain,
            };
            self.segments = Some((SegmentEncoder::new(format), SegmentDecoder::new(format)));
        }
    }

    pub(super) fn encode(&self, request: &Request<'_>) -> Result<Vec<u8>, Error> {
        let mut frame = Vec::new();
        self.codec.encode_request(request, 0, FrameFlags::NONE, &mut frame)?;
        Ok(frame)
    }

    /// The bytes that carry these frames.
    pub(super) fn wrap<'a>(&mut self, frames: &'a [u8], wrapped: &'a mut Vec<u8>) -> &'a [u8] {
        let Some((encoder, _)) = &mut self.segments else { return frames };
        wrapped.clear();
        encoder.encode(frames, wrapped);
        wrapped
    }

    /// Bytes that the frame which has begun to arrive still lacks, where that can be told.
    pub(super) fn missing(&self, received: &[u8]) -> usize {
        let whole = match (&self.segments, FrameHeader::decode(received)) {
            (None, Ok(Some(header))) => FrameHeader::LENGTH + header.length as usize,
            _ => 0,
        };
        whole.saturating_sub(received.len())
    }

    /// The next whole frame, decompressed.
    pub(super) fn next(
        &mut self,
        received: &mut BytesMut,
    ) -> Result<Option<(FrameHeader, Bytes)>, Error> {
        let frames = match &self.segments {
            None => received,
            Some((_, decoder)) => {
                while let Some(segment) = decoder.decode(received)? {
                    self.unwrapped.extend_from_slice(&segment.payload);
                }
                &mut self.unwrapped
            }
        };
        let Some(header) = FrameHeader::decode(frames)? else { return Ok(None) };
        let length = FrameHeader::LENGTH + header.length as usize;
        if frames.len() < length {
            return Ok(None);
        }
        let body = frames.split_to(length).freeze().slice(FrameHeader::LENGTH..);
        Ok(Some((header, self.codec.open(&header, body, MAX_ANSWER)?)))
    }
}

pub(super) fn compression(options: &Options) -> Option<Compression> {
    match options.compression {
        client::Compression::None => None,
        client::Compression::Lz4 => Some(Compression::Lz4),
    }
}

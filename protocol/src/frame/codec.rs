use bytes::Bytes;
use thiserror::Error;

use super::{Direction, FrameFlags, FrameHeader, Opcode, ProtocolVersion};
use crate::{
    Compression, CompressionError, EncodeError, Request, RequestBody, ResponseBody, WireError,
};

/// Bodies below this many bytes are sent as they are: compressing them costs more than it saves.
const MIN_COMPRESSED: usize = 256;

/// How the two ends of a connection write frames, once they have agreed on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameCodec {
    /// The protocol version.
    pub version: ProtocolVersion,
    /// What compresses the bodies of v4's frames, if anything does. v5 compresses segments instead.
    pub compression: Option<Compression>,
    /// The longest body that is written, in bytes; the protocol allows [`FrameHeader::MAX_BODY`].
    pub max_body: u32,
}

/// A frame whose body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// It does not follow the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It cannot be decompressed.
    #[error(transparent)]
    Compression(#[from] CompressionError),
    /// It is compressed, and no compression was agreed on.
    #[error("a frame is compressed, but the connection did not agree on a compression")]
    NotNegotiated,
}

impl FrameCodec {
    /// A version, without compression: what every connection starts with.
    pub fn new(version: ProtocolVersion) -> Self {
        Self { version, compression: None, max_body: FrameHeader::MAX_BODY }
    }

    /// Appends a request's frame to `out`. `flags` may ask for tracing.
    ///
    /// # Errors
    /// A body or a field that is too long, or a field that the version does not have; `out` is then as it was.
    #[inline]
    pub fn encode_request(
        &self,
        request: &Request<'_>,
        stream: i16,
        flags: FrameFlags,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let header = self.header(Direction::Request, flags, stream, request.opcode());
        self.encode(header, out, |out| request.encode(self.version, out))
    }

    /// Appends the frame of a request with a custom payload to `out`. `flags` may ask for tracing.
    ///
    /// # Errors
    /// As [`encode_request`](Self::encode_request).
    pub fn encode_request_body(
        &self,
        body: &RequestBody<'_>,
        stream: i16,
        flags: FrameFlags,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let flags = flags | body.flags();
        let header = self.header(Direction::Request, flags, stream, body.request.opcode());
        self.encode(header, out, |out| body.encode(self.version, out))
    }

    /// Appends a response's frame to `out`.
    ///
    /// # Errors
    /// A body or a field that is too long; `out` is then as it was.
    pub fn encode_response(
        &self,
        body: &ResponseBody,
        stream: i16,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let opcode = body.response.opcode();
        let header = self.header(Direction::Response, body.flags(), stream, opcode);
        self.encode(header, out, |out| body.encode(self.version, out))
    }

    #[inline]
    fn header(
        &self,
        direction: Direction,
        flags: FrameFlags,
        stream: i16,
        opcode: Opcode,
    ) -> FrameHeader {
        FrameHeader { version: self.version, direction, flags, stream, opcode, length: 0 }
    }

    #[inline]
    fn encode(
        &self,
        mut header: FrameHeader,
        out: &mut Vec<u8>,
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        header.encode(out);
        let encoded = body(out).and_then(|()| self.finish(&mut header, start, out));
        if encoded.is_err() {
            out.truncate(start);
        }
        encoded
    }

    /// Compresses the body that starts behind the header at `start`, and writes flags and length.
    #[inline]
    fn finish(
        &self,
        header: &mut FrameHeader,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let body = start + FrameHeader::LENGTH;
        let compresses = self.version == ProtocolVersion::V4 && out.len() - body >= MIN_COMPRESSED;
        if let Some(compression) = self.compression.filter(|_| compresses) {
            let plain = out.split_off(body);
            compression.compress(&plain, out);
            header.flags |= FrameFlags::COMPRESSED;
        }
        let length = out.len() - body;
        let limit = self.max_body;
        header.length = u32::try_from(length)
            .ok()
            .filter(|length| *length <= limit)
            .ok_or(EncodeError::BodyTooLong { length, limit: limit as usize })?;
        out[start + 1] = header.flags.bits();
        out[body - 4..body].copy_from_slice(&header.length.to_be_bytes());
        Ok(())
    }

    /// The body of a frame as its message was written: decompressed, where it is compressed.
    ///
    /// # Errors
    /// A body that is damaged, or that would be longer than `limit` bytes.
    #[inline]
    pub fn open(
        &self,
        header: &FrameHeader,
        body: Bytes,
        limit: usize,
    ) -> Result<Bytes, FrameError> {
        if !header.is_compressed() {
            return Ok(body);
        }
        let compression = self.compression.ok_or(FrameError::NotNegotiated)?;
        Ok(compression.decompress(&body, limit)?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Consistency, Query, QueryParameters};

    fn query(cql: &str) -> Request<'_> {
        Request::Query(Query { cql, parameters: QueryParameters::new(Consistency::One) })
    }

    fn round_trip(codec: FrameCodec, cql: &str) -> FrameFlags {
        let mut frame = Vec::new();
        codec.encode_request(&query(cql), 3, FrameFlags::TRACING, &mut frame).unwrap();
        let header = FrameHeader::decode(&frame).unwrap().unwrap();
        let body = Bytes::copy_from_slice(&frame[FrameHeader::LENGTH..]);
        assert_eq!(header.length as usize, body.len());
        let body = codec.open(&header, body, 1 << 20).unwrap();
        assert_eq!(Request::decode(header.version, header.opcode, &body), Ok(query(cql)));
        header.flags
    }

    #[test]
    fn only_large_bodies_are_compressed_and_both_read_back() {
        let mut codec = FrameCodec::new(ProtocolVersion::V4);
        let long = "SELECT a FROM t WHERE k = 1 AND ".repeat(50);
        assert_eq!(round_trip(codec, &long), FrameFlags::TRACING);
        codec.compression = Some(Compression::Lz4);
        assert_eq!(round_trip(codec, "SELECT 1"), FrameFlags::TRACING);
        assert_eq!(round_trip(codec, &long), FrameFlags::TRACING | FrameFlags::COMPRESSED);
    }

    #[test]
    fn v5_knows_no_compressed_frames() {
        let mut codec = FrameCodec::new(ProtocolVersion::V5);
        codec.compression = Some(Compression::Lz4);
        let long = "SELECT a FROM t WHERE k = 1 AND ".repeat(50);
        assert_eq!(round_trip(codec, &long), FrameFlags::TRACING);
        let header = FrameHeader::decode(&[0x85, 1, 0, 0, 2, 0, 0, 0, 5]).unwrap().unwrap();
        let body = Bytes::from_static(&[0; 5]);
        assert_eq!(codec.open(&header, body.clone(), 100), Ok(body));
    }

    #[test]
    fn a_request_that_cannot_be_written_leaves_the_buffer_as_it_was() {
        let parameters =
            QueryParameters { keyspace: Some("ks"), ..QueryParameters::new(Consistency::One) };
        let request = Request::Query(Query { cql: "SELECT 1", parameters });
        let mut out = b"before".to_vec();
        let codec = FrameCodec::new(ProtocolVersion::V4);
        let error = codec.encode_request(&request, 0, FrameFlags::NONE, &mut out);
        assert!(matches!(error, Err(EncodeError::NeedsV5 { .. })));
        assert_eq!(out, b"before");
    }

    #[test]
    fn a_body_is_as_long_as_it_may_be_once_it_is_compressed() {
        let mut codec = FrameCodec::new(ProtocolVersion::V4);
        codec.max_body = 500;
        let long = "SELECT a FROM t WHERE k = 1 AND ".repeat(50);
        let mut out = b"before".to_vec();
        let error = codec.encode_request(&query(&long), 0, FrameFlags::NONE, &mut out);
        assert_eq!(error, Err(EncodeError::BodyTooLong { length: 4 + 1600 + 3, limit: 500 }));
        assert_eq!(out, b"before");
        codec.compression = Some(Compression::Lz4);
        round_trip(codec, &long);
    }

    #[test]
    fn a_compressed_frame_nobody_agreed_on_is_refused() {
        let codec = FrameCodec::new(ProtocolVersion::V4);
        let header = FrameHeader::decode(&[0x84, 1, 0, 0, 2, 0, 0, 0, 5]).unwrap().unwrap();
        let opened = codec.open(&header, Bytes::from_static(&[0; 5]), 100);
        assert_eq!(opened, Err(FrameError::NotNegotiated));
    }
}

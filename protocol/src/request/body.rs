use bytes::Bytes;

use super::Request;
use crate::payload::{decode_payload, encode_payload};
use crate::wire::Reader;
use crate::{Dialect, EncodeError, FrameFlags, Opcode, Payload, ProtocolVersion, WireError};

/// A request with what its frame's flags put before it.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestBody<'a> {
    /// The custom payload.
    pub payload: Payload,
    /// The message.
    pub request: Request<'a>,
}

impl<'a> From<Request<'a>> for RequestBody<'a> {
    fn from(request: Request<'a>) -> Self {
        Self { payload: Payload::new(), request }
    }
}

impl<'a> RequestBody<'a> {
    /// Reads the (uncompressed) body of a request; texts and values stay in `body`.
    ///
    /// # Errors
    /// A body that does not follow the protocol, or an opcode that is no request's.
    pub fn decode(
        dialect: impl Into<Dialect>,
        flags: FrameFlags,
        opcode: Opcode,
        body: &'a Bytes,
    ) -> Result<Self, WireError> {
        let mut reader = Reader::new(body);
        let payload = if flags.contains(FrameFlags::PAYLOAD) {
            decode_payload(&mut reader, body)?
        } else {
            Payload::new()
        };
        Ok(Self { payload, request: Request::decode(dialect, opcode, reader.remaining())? })
    }

    /// The frame flags that say what stands before the message.
    pub fn flags(&self) -> FrameFlags {
        if self.payload.is_empty() { FrameFlags::NONE } else { FrameFlags::PAYLOAD }
    }

    /// Appends the body, uncompressed, to `out`.
    ///
    /// # Errors
    /// As [`Request::encode`].
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if !self.payload.is_empty() {
            encode_payload(&self.payload, out)?;
        }
        self.request.encode(version, out)
    }
}

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use super::{Opcode, ProtocolVersion};
use crate::WireError;
use crate::wire::Writer;

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    Request,
    /// From the server to the client.
    Response,
}

/// The flags of a frame's header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FrameFlags(u8);

impl FrameFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The body is compressed (v4; meaningless in v5).
    pub const COMPRESSED: Self = Self(0x01);
    /// A request asks to be traced; a response carries a tracing id.
    pub const TRACING: Self = Self(0x02);
    /// The body starts with a custom payload.
    pub const PAYLOAD: Self = Self(0x04);
    /// The response carries warnings.
    pub const WARNING: Self = Self(0x08);
    /// The client accepts a protocol version that is still in beta.
    pub const BETA: Self = Self(0x10);

    /// The flags with these bits; unknown bits are kept.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits on the wire.
    #[inline]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether any flag of `other` is set.
    #[inline]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every flag of `other` is set.
    #[inline]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for FrameFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for FrameFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for FrameFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameFlags({:#04x})", self.0)
    }
}

/// The nine bytes before a message's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// The version that the body is written in.
    pub version: ProtocolVersion,
    /// Whether this is a request or a response.
    pub direction: Direction,
    /// Compression, tracing, payload, warnings.
    pub flags: FrameFlags,
    /// What ties a response to its request; −1 for events.
    pub stream: i16,
    /// The kind of message.
    pub opcode: Opcode,
    /// Bytes in the body.
    pub length: u32,
}

impl FrameHeader {
    /// Bytes of a header.
    pub const LENGTH: usize = 9;

    /// The largest body that the specification allows: 256 MiB.
    pub const MAX_BODY: u32 = 256 * 1024 * 1024;

    /// Reads a header from the start of `bytes`; `None` while there are fewer than nine.
    ///
    /// # Errors
    /// A version or an opcode that is unknown, or a length below 0 or above [`MAX_BODY`](Self::MAX_BODY).
    #[inline]
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        let Some(&[first, flags, s0, s1, opcode, l0, l1, l2, l3]) =
            bytes.first_chunk::<{ Self::LENGTH }>()
        else {
            return Ok(None);
        };
        let version = ProtocolVersion::from_number(first & 0x7F)
            .ok_or_else(|| unknown("a frame's protocol version", first & 0x7F))?;
        let opcode = Opcode::from_number(opcode).ok_or_else(|| unknown("an opcode", opcode))?;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        if length > Self::MAX_BODY {
            return Err(WireError::Length { what: "a frame's body", length: length.into() });
        }
        let direction = if first & 0x80 == 0 { Direction::Request } else { Direction::Response };
        Ok(Some(Self {
            version,
            direction,
            flags: FrameFlags(flags),
            stream: i16::from_be_bytes([s0, s1]),
            opcode,
            length,
        }))
    }

    /// Whether the body is compressed. In v5 segments are, and the flag means nothing.
    #[inline]
    pub fn is_compressed(&self) -> bool {
        self.version != ProtocolVersion::V5 && self.flags.contains(FrameFlags::COMPRESSED)
    }

    /// Appends the header to `out`.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        let direction = match self.direction {
            Direction::Request => 0,
            Direction::Response => 0x80,
        };
        let [s0, s1] = self.stream.to_be_bytes();
        let [l0, l1, l2, l3] = self.length.to_be_bytes();
        let first = self.version.number() | direction;
        out.put(&[first, self.flags.0, s0, s1, self.opcode.number(), l0, l1, l2, l3]);
    }
}

fn unknown(what: &'static str, number: u8) -> WireError {
    WireError::Unknown { what, value: format!("{number:#04x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_as_it_was_written() {
        let header = FrameHeader {
            version: ProtocolVersion::V4,
            direction: Direction::Response,
            flags: FrameFlags::COMPRESSED | FrameFlags::TRACING,
            stream: -1,
            opcode: Opcode::Event,
            length: 77,
        };
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        assert_eq!(bytes, [0x84, 0x03, 0xFF, 0xFF, 0x0C, 0, 0, 0, 77]);
        assert_eq!(FrameHeader::decode(&bytes), Ok(Some(header)));
    }

    #[test]
    fn fewer_than_nine_bytes_are_no_header_yet() {
        assert_eq!(FrameHeader::decode(&[4; 8]), Ok(None));
    }

    #[test]
    fn an_unknown_version_an_unknown_opcode_and_an_oversized_body_are_refused() {
        assert!(FrameHeader::decode(&[0x42, 0, 0, 0, 5, 0, 0, 0, 0]).is_err());
        assert!(FrameHeader::decode(&[4, 0, 0, 0, 0x77, 0, 0, 0, 0]).is_err());
        assert!(FrameHeader::decode(&[4, 0, 0, 0, 5, 0xFF, 0, 0, 0]).is_err());
    }
}

use helenus_protocol::{
    Compression, Direction, FrameFlags, FrameHeader, ProtocolVersion, Response, ResponseBody,
};

use crate::Error;

/// How a connection writes its frames. v5 compresses its segments instead of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dialect {
    V4,
    V4Lz4,
    V5,
}

impl Dialect {
    pub(super) const ALL: [Self; 3] = [Self::V4, Self::V4Lz4, Self::V5];

    pub(super) fn version(self) -> ProtocolVersion {
        match self {
            Self::V4 | Self::V4Lz4 => ProtocolVersion::V4,
            Self::V5 => ProtocolVersion::V5,
        }
    }

    pub(super) fn compression(self) -> Option<Compression> {
        (self == Self::V4Lz4).then_some(Compression::Lz4)
    }

    /// A whole frame. As Cassandra does, all bodies are compressed where any is.
    pub(super) fn frame(self, response: Response, stream: i16) -> Result<Vec<u8>, Error> {
        let opcode = response.opcode();
        let mut body = Vec::new();
        ResponseBody::from(response).encode(self.version(), &mut body)?;
        let mut flags = FrameFlags::NONE;
        if let Some(compression) = self.compression() {
            let plain = std::mem::take(&mut body);
            compression.compress(&plain, &mut body);
            flags = FrameFlags::COMPRESSED;
        }
        let header = FrameHeader {
            version: self.version(),
            direction: Direction::Response,
            flags,
            stream,
            opcode,
            length: u32::try_from(body.len())?,
        };
        let mut frame = Vec::with_capacity(FrameHeader::LENGTH + body.len());
        header.encode(&mut frame);
        frame.extend_from_slice(&body);
        Ok(frame)
    }
}

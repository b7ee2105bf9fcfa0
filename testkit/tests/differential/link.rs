use std::fmt;

use helenus_protocol::{Compression, ProtocolVersion};

/// How both sides talk to the node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) version: ProtocolVersion,
    pub(crate) compression: Option<Compression>,
}

impl Link {
    pub(crate) const ALL: [Self; 4] = [
        Self { version: ProtocolVersion::V4, compression: None },
        Self { version: ProtocolVersion::V4, compression: Some(Compression::Lz4) },
        Self { version: ProtocolVersion::V5, compression: None },
        Self { version: ProtocolVersion::V5, compression: Some(Compression::Lz4) },
    ];
}

/// `v5_lz4`.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.compression {
            Some(compression) => write!(f, "{}_{compression}", self.version),
            None => write!(f, "{}_plain", self.version),
        }
    }
}

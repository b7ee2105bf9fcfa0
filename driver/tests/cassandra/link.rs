use std::fmt;

use helenus::{Compression, ProtocolVersion, SessionBuilder};

/// How the session and the nodes talk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    version: ProtocolVersion,
    compression: Option<Compression>,
}

impl Link {
    pub(crate) const ALL: [Self; 3] = [
        Self { version: ProtocolVersion::V4, compression: Some(Compression::Lz4) },
        Self { version: ProtocolVersion::V5, compression: None },
        Self { version: ProtocolVersion::V5, compression: Some(Compression::Lz4) },
    ];

    pub(crate) fn set(self, builder: SessionBuilder) -> SessionBuilder {
        let builder = builder.connection(|connection| connection.max_version = self.version);
        match self.compression {
            Some(compression) => builder.compression(compression),
            None => builder,
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.compression {
            Some(compression) => write!(f, "{} {compression}", self.version),
            None => write!(f, "{} plain", self.version),
        }
    }
}

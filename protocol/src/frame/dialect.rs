use super::ProtocolVersion;

/// What the two ends of a connection agreed to speak: a version, and those of ScyllaDB's extensions that change how
/// messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// The protocol version.
    pub version: ProtocolVersion,
    /// Whether v4 carries result metadata ids, as v5 always does.
    pub metadata_ids: bool,
    /// The code of ScyllaDB's rate-limit error.
    pub rate_limit_error: Option<i32>,
}

impl Dialect {
    /// A version without extensions.
    pub fn new(version: ProtocolVersion) -> Self {
        Self { version, metadata_ids: false, rate_limit_error: None }
    }

    /// Whether PREPARE's answer and EXECUTE carry the id of the result's metadata.
    pub fn has_metadata_ids(&self) -> bool {
        self.metadata_ids || self.version == ProtocolVersion::V5
    }
}

impl From<ProtocolVersion> for Dialect {
    fn from(version: ProtocolVersion) -> Self {
        Self::new(version)
    }
}

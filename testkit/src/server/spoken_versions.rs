//! The protocol versions that a cluster speaks.

use std::fmt;

use helenus_protocol::ProtocolVersion;

/// Every version from v4 to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpokenVersions {
    highest: ProtocolVersion,
}

impl SpokenVersions {
    pub(crate) fn up_to(highest: ProtocolVersion) -> Self {
        Self { highest }
    }

    pub(crate) fn highest(self) -> ProtocolVersion {
        self.highest
    }

    /// The version of this number, if it is spoken.
    pub(super) fn get(self, number: u8) -> Option<ProtocolVersion> {
        ProtocolVersion::from_number(number).filter(|version| *version <= self.highest)
    }

    /// The names of the versions, as SUPPORTED lists them.
    pub(super) fn names(self) -> Vec<String> {
        let known = [ProtocolVersion::V4, ProtocolVersion::V5];
        known.into_iter().filter(|version| *version <= self.highest).map(name).collect()
    }
}

/// A version as Cassandra writes it: `5/v5`.
pub(super) fn name(version: ProtocolVersion) -> String {
    format!("{number}/{version}", number = version.number())
}

impl fmt::Display for SpokenVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.names().join(", "))
    }
}

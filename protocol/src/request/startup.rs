use crate::wire::{Reader, Writer};
use crate::{Compression, EncodeError, WireError};

/// The first request on a connection: how the two sides shall talk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Startup {
    /// Options by name, in the order in which they are sent.
    pub options: Vec<(String, String)>,
}

impl Startup {
    /// CQL 3, with the options that every server knows.
    pub fn new(compression: Option<Compression>) -> Self {
        let mut startup = Self::default().with("CQL_VERSION", "3.0.0");
        if let Some(compression) = compression {
            startup = startup.with("COMPRESSION", compression.name());
        }
        startup
    }

    /// Adds an option.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    /// An option's value.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let options = self.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        out.put_string_map("a STARTUP option", options)
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { options: reader.string_map("a STARTUP option")? })
    }
}

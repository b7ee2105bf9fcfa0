use crate::wire::{Reader, Writer};
use crate::{EncodeError, WireError};

/// What a server supports, by name, each with a list of values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Supported {
    /// Names and values in the order in which they were sent.
    pub options: Vec<(String, Vec<String>)>,
}

impl Supported {
    /// The values under a name; none when the server does not know it.
    pub fn values(&self, name: &str) -> &[String] {
        let found = self.options.iter().find(|(key, _)| key == name);
        found.map_or(&[], |(_, values)| values)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let what = "a SUPPORTED option";
        out.put_short_length(what, self.options.len())?;
        for (name, values) in &self.options {
            out.put_string(what, name)?;
            out.put_string_list(what, values)?;
        }
        Ok(())
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { options: reader.string_multimap("a SUPPORTED option")? })
    }
}

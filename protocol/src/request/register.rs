use crate::wire::{Reader, Writer};
use crate::{EncodeError, WireError};

/// Asks for events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// `TOPOLOGY_CHANGE`, `STATUS_CHANGE` and `SCHEMA_CHANGE`, or some of them.
    pub events: Vec<String>,
}

impl Register {
    /// Every event that the protocol defines.
    pub fn all() -> Self {
        let all = ["TOPOLOGY_CHANGE", "STATUS_CHANGE", "SCHEMA_CHANGE"];
        Self { events: all.map(str::to_owned).to_vec() }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_string_list("an event's name", &self.events)
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { events: reader.string_list("an event's name")? })
    }
}

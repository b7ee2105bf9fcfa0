use super::Values;
use crate::wire::Writer;
use crate::{Cell, EncodeError};

/// Values in their wire form, each behind the name of its marker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedValues {
    count: u16,
    bytes: Vec<u8>,
}

impl NamedValues {
    /// No value yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of the marker `name`.
    ///
    /// # Errors
    /// A name or a value that is too long, or more values than a request has room for; nothing is added then.
    pub fn push(&mut self, name: &str, value: Cell<'_>) -> Result<(), EncodeError> {
        let count = self.count.checked_add(1).ok_or(EncodeError::TooLong {
            what: "a request's values",
            length: usize::from(u16::MAX) + 1,
            limit: u16::MAX.into(),
        })?;
        let start = self.bytes.len();
        let named = self.bytes.put_string("a value's name", name);
        let written = named.and_then(|()| self.bytes.put_value("a value", value));
        match written {
            Ok(()) => self.count = count,
            Err(_) => self.bytes.truncate(start),
        }
        written
    }

    /// The values as a request carries them.
    pub fn as_values(&self) -> Values<'_> {
        Values::named(self.count, &self.bytes)
    }
}

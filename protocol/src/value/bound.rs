use super::Cell;
use crate::wire::{Reader, Writer};
use crate::{ColumnSpec, EncodeError, EncodeRow, EncodeRowError, RowWriter, Values};

/// The values of one execution in their wire form, encoded once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoundValues {
    count: u16,
    bytes: Vec<u8>,
}

impl BoundValues {
    /// Encodes `row` as the values of the markers `columns`.
    ///
    /// # Errors
    /// A value that does not match its marker, or another number of values than there are markers.
    pub fn encode(
        row: &(impl EncodeRow + ?Sized),
        columns: &[ColumnSpec],
    ) -> Result<Self, EncodeRowError> {
        // Most values are a number behind its length, or a short text.
        let mut bytes = Vec::with_capacity(columns.len() * 16);
        let mut writer = RowWriter::new(columns, &mut bytes);
        row.encode_row(&mut writer)?;
        let count = writer.finish()?;
        Ok(Self { count, bytes })
    }

    /// Adds a value that is in its wire form already.
    ///
    /// # Errors
    /// A value that is too long, or more values than a request has room for; nothing is added then.
    pub fn push(&mut self, value: Cell<'_>) -> Result<(), EncodeError> {
        let count = self.count.checked_add(1).ok_or(EncodeError::TooLong {
            what: "a request's values",
            length: usize::from(u16::MAX) + 1,
            limit: u16::MAX.into(),
        })?;
        self.bytes.put_value("a value", value)?;
        self.count = count;
        Ok(())
    }

    /// How many values there are.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// The values as a request carries them.
    pub fn as_values(&self) -> Values<'_> {
        Values::positional(self.count, &self.bytes)
    }

    /// The values one by one.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let mut reader = Reader::new(&self.bytes);
        // Every byte was written by a `RowWriter`, so reading them back cannot fail.
        (0..self.count).map_while(move |_| reader.value("a bound value").ok())
    }
}

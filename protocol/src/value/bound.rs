use super::Cell;
use crate::wire::{Reader, Writer};
use crate::{ColumnSpec, EncodeError, EncodeRow, EncodeRowError, RowWriter, Values};

/// What most values take, in bytes: they are a number behind its length, or a short text.
const TYPICAL_VALUE: usize = 16;

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
        Self::encode_into(row, columns, Vec::new())
    }

    /// As [`encode`](Self::encode), into a buffer whose memory is used again; what is in it is thrown away.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_into(
        row: &(impl EncodeRow + ?Sized),
        columns: &[ColumnSpec],
        buffer: Vec<u8>,
    ) -> Result<Self, EncodeRowError> {
        let mut bytes = buffer;
        bytes.clear();
        bytes.reserve(columns.len() * TYPICAL_VALUE);
        let mut writer = RowWriter::new(columns, &mut bytes);
        row.encode_row(&mut writer)?;
        let count = writer.finish()?;
        Ok(Self { count, bytes })
    }

    /// The buffer that the values are in.
    #[inline]
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
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
    #[inline]
    pub fn as_values(&self) -> Values<'_> {
        Values::positional(self.count, &self.bytes)
    }

    /// The values one by one.
    #[inline]
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let mut reader = Reader::new(&self.bytes);
        // Every byte was written by a `RowWriter`, so reading them back cannot fail.
        (0..self.count).map_while(move |_| reader.value("a bound value").ok())
    }
}

use super::DecodeValueError;
use crate::wire::Reader;

/// The fields of a tuple or of a user-defined type in their wire form, from the first; null is `None`.
///
/// There may be fewer than the type has: a value keeps the shape of the time when it was written.
#[derive(Debug, Clone)]
pub struct Fields<'frame> {
    reader: Reader<'frame>,
}

impl<'frame> Fields<'frame> {
    /// Reads fields from the bytes of a value.
    pub fn new(bytes: &'frame [u8]) -> Self {
        Self { reader: Reader::new(bytes) }
    }

    /// The next field; null where the value has no more.
    ///
    /// # Errors
    /// A field that is longer than the value.
    pub fn next_or_null(&mut self) -> Result<Option<&'frame [u8]>, DecodeValueError> {
        self.next().unwrap_or(Ok(None))
    }
}

impl<'frame> Iterator for Fields<'frame> {
    type Item = Result<Option<&'frame [u8]>, DecodeValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let field = self.reader.bytes("a field");
        if field.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(field.map_err(DecodeValueError::from))
    }
}

//! Numbers and bytes, one behind the other.

#[derive(Debug, Default)]
pub(super) struct BytesOut {
    pub(super) bytes: Vec<u8>,
}

impl BytesOut {
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn int(&mut self, number: u32) {
        self.bytes.extend_from_slice(&number.to_be_bytes());
    }

    pub(super) fn long(&mut self, number: i64) {
        self.bytes.extend_from_slice(&number.to_be_bytes());
    }

    /// How many of something follow.
    pub(super) fn count(&mut self, count: usize) {
        // Nothing in memory has four thousand million parts.
        self.int(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Bytes behind their length.
    pub(super) fn slice(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    /// Something behind a byte that says whether it is there.
    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}

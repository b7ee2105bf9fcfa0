//! Bytes on their way out.

/// What is to be written to a socket, in pieces as large as it takes them.
#[derive(Debug, Default)]
pub(super) struct Outbound {
    pub(super) bytes: Vec<u8>,
    written: usize,
}

impl Outbound {
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn wrote(&mut self, count: usize) {
        self.written += count;
        if self.is_empty() {
            self.bytes.clear();
            self.written = 0;
        }
    }
}

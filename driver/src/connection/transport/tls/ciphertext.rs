/// Encrypted bytes that have come in or are to go out, in a buffer that is used again.
#[derive(Debug)]
pub(super) struct Ciphertext {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Ciphertext {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { bytes: vec![0; capacity], start: 0, end: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(super) fn filled(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// Forgets the first `count` bytes.
    pub(super) fn discard(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// The room behind the last byte, in a buffer that does not grow.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.move_to_front();
        &mut self.bytes[self.end..]
    }

    /// Makes the room at least `count` bytes large.
    pub(super) fn reserve(&mut self, count: usize) {
        self.move_to_front();
        if self.bytes.len() < self.end + count {
            self.bytes.resize(self.end + count, 0);
        }
    }

    /// Says that the first `count` bytes of the room were filled.
    pub(super) fn fill(&mut self, count: usize) {
        self.end += count;
    }

    fn move_to_front(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in_wherever_they_lie() {
        let mut buffer = Ciphertext::with_capacity(4);
        buffer.room().copy_from_slice(b"abcd");
        buffer.fill(4);
        assert!(buffer.room().is_empty());
        buffer.discard(3);
        assert_eq!(buffer.room().len(), 3);
        buffer.reserve(5);
        buffer.room()[..5].copy_from_slice(b"efghi");
        buffer.fill(5);
        assert_eq!(buffer.filled(), b"defghi");
        buffer.discard(6);
        assert!(buffer.is_empty());
        assert_eq!(buffer.room().len(), 6);
    }
}

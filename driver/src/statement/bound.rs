use std::cell::RefCell;
use std::ops::Deref;

use helenus_protocol::{BoundValues, ColumnSpec, EncodeRow, EncodeRowError};

/// Buffers that a thread keeps for its next requests.
const KEPT_BUFFERS: usize = 64;

/// What is kept of a buffer at most, in bytes.
const KEPT_BUFFER: usize = 4 * 1024;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// The values of one execution. Their memory goes to the thread's next one.
#[derive(Debug)]
pub(crate) struct Bound(BoundValues);

impl Bound {
    /// Encodes `row` as the values of the markers `columns`.
    pub(crate) fn encode(
        row: &impl EncodeRow,
        columns: &[ColumnSpec],
    ) -> Result<Self, EncodeRowError> {
        let buffer = BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default();
        BoundValues::encode_into(row, columns, buffer).map(Self)
    }

    /// The values, with the memory that they are in.
    pub(crate) fn into_inner(mut self) -> BoundValues {
        std::mem::take(&mut self.0)
    }
}

impl Deref for Bound {
    type Target = BoundValues;

    fn deref(&self) -> &BoundValues {
        &self.0
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0).into_buffer();
        if (1..=KEPT_BUFFER).contains(&buffer.capacity()) {
            // A thread that ends keeps nothing.
            let _ = BUFFERS.try_with(|buffers| {
                let mut buffers = buffers.borrow_mut();
                if buffers.len() < KEPT_BUFFERS {
                    buffers.push(buffer);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::CqlType;

    use super::*;

    #[test]
    fn the_memory_of_values_goes_to_the_next_ones() {
        let columns = [ColumnSpec::new("ks", "t", "c", CqlType::Text)];
        drop(Bound::encode(&("one",), &columns));
        let kept = || BUFFERS.with_borrow(Vec::len);
        assert_eq!(kept(), 1);
        let second = Bound::encode(&("two",), &columns).unwrap();
        assert_eq!(kept(), 0);
        assert!(second.cells().eq([helenus_protocol::Cell::Value(b"two")]));
        drop(second);
        assert_eq!(kept(), 1);
        drop(Bound::encode(&("x".repeat(2 * KEPT_BUFFER),), &columns));
        assert!(BUFFERS.with_borrow(|buffers| buffers.iter().all(|b| b.capacity() <= KEPT_BUFFER)));
    }
}

//! Buffers that a thread keeps from one request to the next.

use std::cell::Cell;
use std::thread::LocalKey;

type Scratch = LocalKey<Cell<Vec<u8>>>;

/// What is kept of a buffer at most, in bytes.
const KEPT: usize = 64 * 1024;

thread_local! {
    pub(super) static FRAME: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    pub(super) static SEGMENTS: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The thread's buffer, emptied.
#[inline]
pub(super) fn empty(of_thread: &'static Scratch) -> Vec<u8> {
    let mut buffer = of_thread.take();
    buffer.clear();
    buffer
}

/// Leaves a buffer to the thread's next request, unless it has become large.
#[inline]
pub(super) fn keep(of_thread: &'static Scratch, buffer: Vec<u8>) {
    if buffer.capacity() <= KEPT {
        of_thread.set(buffer);
    }
}

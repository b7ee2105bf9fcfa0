//! Answers that are to be written later.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// As they travel, by the moment when they are due, then by the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct DelayedAnswers {
    heap: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    count: u64,
}

impl DelayedAnswers {
    pub(crate) fn push(&mut self, delay: Duration, bytes: Vec<u8>) {
        self.count += 1;
        self.heap.push(Reverse((Instant::now() + delay, self.count, bytes)));
    }

    /// Waits until one is due: for ever, if there is none.
    pub(crate) async fn due(&self) {
        match self.heap.peek() {
            Some(Reverse((at, ..))) => sleep_until(*at).await,
            None => pending().await,
        }
    }

    /// Moves what is due to the end of `out`.
    pub(crate) fn take_due(&mut self, out: &mut Vec<u8>) {
        let now = Instant::now();
        while let Some(first) = self.heap.peek_mut()
            && first.0.0 <= now
        {
            out.append(&mut std::collections::binary_heap::PeekMut::pop(first).0.2);
        }
    }
}

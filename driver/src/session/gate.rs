use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

const CLOSED: usize = 1 << (usize::BITS - 1);

/// Counts the requests under way, and lets none in once it is closed.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// How many are in; the highest bit says that the gate is closed.
    state: AtomicUsize,
    left: Notify,
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Pass<'a>(&'a Gate);

impl Gate {
    /// Lets a request in, unless the gate is closed.
    pub(super) fn enter(&self) -> Option<Pass<'_>> {
        let pass = Pass(self);
        let before = self.state.fetch_add(1, Ordering::AcqRel);
        (before & CLOSED == 0).then_some(pass)
    }

    pub(super) fn close(&self) {
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Waits until the gate is closed and everybody has left.
    pub(super) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.state.load(Ordering::Acquire) == CLOSED {
                return;
            }
            left.await;
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.0.state.fetch_sub(1, Ordering::AcqRel) == CLOSED + 1 {
            self.0.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_closed_gate_lets_nobody_in_and_tells_when_the_last_has_left() {
        let gate = Gate::default();
        let first = gate.enter();
        let second = gate.enter();
        assert!(first.is_some() && second.is_some() && !gate.is_closed());
        let mut emptied = Box::pin(gate.emptied());
        assert_eq!(emptied.as_mut().now_or_never(), None);
        gate.close();
        assert!(gate.enter().is_none() && gate.is_closed());
        drop(first);
        assert_eq!(emptied.as_mut().now_or_never(), None);
        drop(second);
        assert_eq!(emptied.as_mut().now_or_never(), Some(()));
    }

    #[test]
    fn an_open_gate_is_never_emptied() {
        let gate = Gate::default();
        assert_eq!(gate.emptied().now_or_never(), None);
    }
}

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many cache lines the threads' counts are spread over.
const STRIPES: usize = 16;

/// Counts the requests under way, and lets none in once it is closed.
#[derive(Debug, Default)]
pub(super) struct Gate {
    stripes: [Stripe; STRIPES],
    is_closed: AtomicBool,
    left: Notify,
}

/// What some of the threads have counted, on cache lines that the others do not write.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    entered: AtomicU64,
    left: AtomicU64,
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Pass<'a>(&'a Gate);

impl Gate {
    /// Lets a request in, unless the gate is closed.
    pub(super) fn enter(&self) -> Option<Pass<'_>> {
        // Either this sees that the gate is closed, or whoever closes it sees this.
        self.stripe().entered.fetch_add(1, Ordering::SeqCst);
        let pass = Pass(self);
        (!self.is_closed()).then_some(pass)
    }

    /// Requests that came to the gate since it was made.
    pub(super) fn requests(&self) -> u64 {
        self.stripes.iter().map(|stripe| stripe.entered.load(Ordering::SeqCst)).sum()
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Waits until the gate is closed and everybody has left.
    pub(super) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.is_closed() && self.is_empty() {
                return;
            }
            left.await;
        }
    }

    fn is_empty(&self) -> bool {
        // Whoever leaves has entered before: counted in this order, equal counts mean that nobody was in between them.
        let left: u64 = self.stripes.iter().map(|stripe| stripe.left.load(Ordering::SeqCst)).sum();
        left == self.requests()
    }

    fn stripe(&self) -> &Stripe {
        &self.stripes[thread_number() % STRIPES]
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.stripe().left.fetch_add(1, Ordering::SeqCst);
        if self.0.is_closed() {
            self.0.left.notify_waiters();
        }
    }
}

/// The threads that come here, numbered.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let number = NUMBER.get();
    if number != usize::MAX {
        return number;
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    NUMBER.set(number);
    number
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
        assert_eq!(gate.requests(), 3);
    }

    #[test]
    fn an_open_gate_is_never_emptied() {
        let gate = Gate::default();
        assert_eq!(gate.emptied().now_or_never(), None);
    }

    #[test]
    fn it_does_not_matter_which_thread_leaves() {
        let gate = Gate::default();
        let pass = gate.enter();
        gate.close();
        assert_eq!(gate.emptied().now_or_never(), None);
        std::thread::scope(|scope| scope.spawn(move || drop(pass)).join()).unwrap();
        assert_eq!(gate.emptied().now_or_never(), Some(()));
    }
}

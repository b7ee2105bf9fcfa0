use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use helenus_policies::{AdmissionQueue, Priority, QueueFull, Ticket};
use rustc_hash::FxHashMap;
use tokio::sync::Notify;

/// The requests that wait until a node has room for them.
///
/// Whoever makes room calls the first of them, who tries again and, having found room, calls the next. As long as
/// somebody waits, requests that come do not try: nobody is overtaken.
#[derive(Debug)]
pub(crate) struct WaitingRoom {
    /// Those that wait, for requests and readers that only ask whether there are any.
    awaited: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    order: AdmissionQueue,
    /// Whom to wake, of those that have not been called.
    bells: FxHashMap<Ticket, Arc<Notify>>,
}

impl WaitingRoom {
    /// Room for so many.
    pub(crate) fn new(places: usize) -> Self {
        let queue = Queue { order: AdmissionQueue::new(places), bells: FxHashMap::default() };
        Self { awaited: AtomicUsize::new(0), queue: Mutex::new(queue) }
    }

    /// Requests that wait here.
    #[inline]
    pub(crate) fn awaited(&self) -> usize {
        // The lock of the connection that made room, or had none, orders this with who enters.
        self.awaited.load(Ordering::Relaxed)
    }

    /// Takes a place. Whoever is alone is called at once: there may have been room since it was last looked for.
    pub(super) fn enter(
        &self,
        priority: Priority,
        bell: &Arc<Notify>,
    ) -> Result<Ticket, QueueFull> {
        let mut queue = self.queue();
        let ticket = queue.order.push(priority)?;
        queue.bells.insert(ticket, Arc::clone(bell));
        if self.awaited.fetch_add(1, Ordering::SeqCst) == 0 {
            queue.call();
        }
        Ok(ticket)
    }

    /// There may be room: calls the first of those who wait.
    #[inline]
    pub(crate) fn made_room(&self) {
        if self.awaited() > 0 {
            self.queue().call();
        }
    }

    /// There will be no room: calls everybody.
    pub(super) fn dismiss(&self) {
        let mut queue = self.queue();
        while queue.call() {}
    }

    /// Whether a ticket has been called. Its holder goes back to the head of the queue meanwhile, so that it does not
    /// miss room that is made while it tries.
    pub(super) fn was_called(&self, ticket: Ticket, bell: &Arc<Notify>) -> bool {
        let mut queue = self.queue();
        let was_called = !queue.bells.contains_key(&ticket);
        if was_called {
            queue.order.put_back(ticket);
            queue.bells.insert(ticket, Arc::clone(bell));
        }
        was_called
    }

    /// Gives a place back. Where the holder found room there may be more; where it did not, a call that it has not
    /// answered goes to the next.
    pub(super) fn leave(&self, ticket: Ticket, has_found_room: bool) {
        let mut queue = self.queue();
        let is_uncalled = match has_found_room {
            true => queue.order.take(ticket),
            false => queue.order.cancel(ticket),
        };
        queue.bells.remove(&ticket);
        self.awaited.fetch_sub(1, Ordering::SeqCst);
        if has_found_room || !is_uncalled {
            queue.call();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing under the lock panics half way, so a poisoned queue is a whole one.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn call(&mut self) -> bool {
        let called = self.order.pop();
        if let Some(bell) = called.and_then(|ticket| self.bells.remove(&ticket)) {
            bell.notify_one();
        }
        called.is_some()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// One who waits, and whether it has been called since this was last asked.
    struct Guest {
        ticket: Ticket,
        bell: Arc<Notify>,
    }

    impl Guest {
        fn enter(room: &WaitingRoom, priority: Priority) -> Self {
            let bell = Arc::default();
            Self { ticket: room.enter(priority, &bell).unwrap(), bell }
        }

        fn is_called(&self, room: &WaitingRoom) -> bool {
            self.bell.notified().now_or_never().is_some()
                && room.was_called(self.ticket, &self.bell)
        }
    }

    #[test]
    fn who_found_room_calls_the_next_and_who_found_none_stays_first() {
        let room = WaitingRoom::new(9);
        let first = Guest::enter(&room, Priority::Normal);
        assert!(first.is_called(&room), "alone, it tries once more");
        let second = Guest::enter(&room, Priority::Normal);
        assert!(!second.is_called(&room));
        room.made_room();
        assert!(first.is_called(&room) && !second.is_called(&room));
        room.made_room();
        assert!(first.is_called(&room), "it was put back to the head");
        room.leave(first.ticket, true);
        assert!(second.is_called(&room));
        room.leave(second.ticket, true);
        assert_eq!(room.awaited(), 0);
    }

    #[test]
    fn a_call_that_nobody_answers_goes_to_the_next() {
        let room = WaitingRoom::new(9);
        let guests = [(); 3].map(|()| Guest::enter(&room, Priority::Normal));
        assert!(guests[0].is_called(&room));
        room.made_room();
        room.leave(guests[1].ticket, false);
        assert!(!guests[2].is_called(&room), "who left had not been called");
        room.leave(guests[0].ticket, false);
        assert!(guests[2].is_called(&room));
    }

    #[test]
    fn the_urgent_are_called_first_and_a_full_room_takes_nobody() {
        let room = WaitingRoom::new(3);
        let low = Guest::enter(&room, Priority::Low);
        assert!(low.is_called(&room));
        let normal = Guest::enter(&room, Priority::Normal);
        let high = Guest::enter(&room, Priority::High);
        assert!(room.enter(Priority::High, &Arc::default()).is_err());
        assert_eq!(room.awaited(), 3);
        room.made_room();
        assert!(high.is_called(&room) && !normal.is_called(&room));
        room.leave(high.ticket, true);
        assert!(normal.is_called(&room));
        room.dismiss();
        assert!(low.is_called(&room) && normal.is_called(&room));
    }
}

use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::SessionEvent;
use crate::events::Events;

/// Reports what is held and not used for too long: most likely somebody has forgotten it.
#[derive(Debug)]
pub(crate) struct LeakWatch {
    threshold: Duration,
    held: Mutex<Held>,
    /// Told when something is held again after nothing was.
    begun: Notify,
}

#[derive(Debug, Default)]
struct Held {
    next: u64,
    things: FxHashMap<u64, Thing>,
}

#[derive(Debug)]
struct Thing {
    begun_at: &'static Location<'static>,
    used: Instant,
    is_reported: bool,
}

/// Something that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Holding {
    watch: Arc<LeakWatch>,
    number: u64,
}

impl LeakWatch {
    /// Reports what is not used for `threshold`.
    pub(crate) fn new(threshold: Duration) -> Arc<Self> {
        Arc::new(Self { threshold, held: Mutex::default(), begun: Notify::new() })
    }

    /// Takes note of something that was begun there.
    pub(crate) fn hold(self: &Arc<Self>, begun_at: &'static Location<'static>) -> Holding {
        let mut held = self.held();
        let number = held.next;
        held.next += 1;
        let thing = Thing { begun_at, used: Instant::now(), is_reported: false };
        held.things.insert(number, thing);
        if held.things.len() == 1 {
            self.begun.notify_one();
        }
        Holding { watch: Arc::clone(self), number }
    }

    /// Looks on until it is dropped. It rests while nothing is held.
    pub(crate) async fn run(&self, events: &Events) {
        loop {
            match self.look(Instant::now(), events) {
                Some(next) => sleep_until(next).await,
                None => self.begun.notified().await,
            }
        }
    }

    /// Reports what is due; returns when the next look is.
    fn look(&self, now: Instant, events: &Events) -> Option<Instant> {
        let mut held = self.held();
        let mut next = None;
        for thing in held.things.values_mut() {
            let due = thing.used + self.threshold;
            if !thing.is_reported && due <= now {
                thing.is_reported = true;
                let (begun_at, unused) = (thing.begun_at, now - thing.used);
                tracing::warn!(%begun_at, ?unused, "a pager is held and not used");
                events.emit(|| SessionEvent::HeldUnused { begun_at, unused });
            }
            // What was reported may be used again, and forgotten again.
            let look = if thing.is_reported { now + self.threshold } else { due };
            next = Some(next.map_or(look, |next: Instant| next.min(look)));
        }
        next
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holding {
    /// It is used now.
    pub(crate) fn touch(&self) {
        if let Some(thing) = self.watch.held().things.get_mut(&self.number) {
            (thing.used, thing.is_reported) = (Instant::now(), false);
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.watch.held().things.remove(&self.number);
    }
}

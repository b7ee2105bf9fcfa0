use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::{Sender, channel};
use tokio::time::Instant;

use super::{EventListener, EventStream, SessionEvent};

/// How often it is told that no node takes requests.
const EXHAUSTED_EVERY: Duration = Duration::from_secs(1);

/// Passes on what happens to a session. Where nobody listens that is one look at a flag.
#[derive(Debug)]
pub(crate) struct Events {
    listener: Option<Arc<dyn EventListener>>,
    /// Events that a stream keeps for its reader.
    capacity: usize,
    has_streams: AtomicBool,
    outlet: Mutex<Outlet>,
    /// When it was last told that no node took a request.
    exhausted: Mutex<Option<Instant>>,
}

/// Where streams get their events from.
#[derive(Debug)]
enum Outlet {
    Unused,
    Open(Sender<SessionEvent>),
    Closed,
}

impl Events {
    /// `capacity` is how many events a stream keeps for its reader.
    pub(crate) fn new(listener: Option<Arc<dyn EventListener>>, capacity: usize) -> Self {
        let (has_streams, outlet) = (AtomicBool::new(false), Mutex::new(Outlet::Unused));
        Self { listener, capacity, has_streams, outlet, exhausted: Mutex::new(None) }
    }

    /// Tells of an event, which is only made if somebody listens.
    pub(crate) fn emit(&self, event: impl FnOnce() -> SessionEvent) {
        let has_streams = self.has_streams.load(Ordering::Relaxed);
        if self.listener.is_none() && !has_streams {
            return;
        }
        let event = event();
        if let Some(listener) = &self.listener
            && catch_unwind(AssertUnwindSafe(|| listener.on_event(&event))).is_err()
        {
            // The pool goes on all the same.
            tracing::error!(?event, "the event listener panicked");
        }
        if has_streams
            && let Outlet::Open(sender) = &*self.outlet()
            && sender.send(event).is_err()
        {
            // The last stream has gone; another one sets it again.
            self.has_streams.store(false, Ordering::Relaxed);
        }
    }

    /// Tells that a request found no node, once a second at most: there may be thousands of such requests.
    pub(crate) fn emit_exhausted(&self) {
        let now = Instant::now();
        let mut last = self.exhausted.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.saturating_duration_since(last) >= EXHAUSTED_EVERY) {
            *last = Some(now);
            drop(last);
            self.emit(|| SessionEvent::Exhausted);
        }
    }

    /// All events from now on.
    pub(crate) fn stream(&self) -> EventStream {
        let mut outlet = self.outlet();
        if let Outlet::Unused = *outlet {
            *outlet = Outlet::Open(channel(self.capacity.max(1)).0);
        }
        let Outlet::Open(sender) = &*outlet else { return EventStream(None) };
        let receiver = sender.subscribe();
        self.has_streams.store(true, Ordering::Relaxed);
        EventStream(Some(receiver))
    }

    /// Ends all streams.
    pub(crate) fn close(&self) {
        *self.outlet() = Outlet::Closed;
    }

    fn outlet(&self) -> MutexGuard<'_, Outlet> {
        self.outlet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

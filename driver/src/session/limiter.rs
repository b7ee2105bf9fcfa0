use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use helenus_policies::{Admission, Entry, Next, Priority, RateLimiter, Ticket};
use rustc_hash::FxHashMap;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::{RequestLimits, Throttled};

/// Lets requests through as the session's limits allow.
#[derive(Debug)]
pub(super) struct Limiter {
    queue: Mutex<Queue>,
    acquire_timeout: Duration,
}

#[derive(Debug)]
struct Queue {
    admission: Admission,
    /// Whom to wake, of those that wait.
    bells: FxHashMap<Ticket, Arc<Notify>>,
    /// When the rate allows the next one, and which of those that wait sees to it.
    opens: Option<Instant>,
    watcher: Option<Ticket>,
}

/// A request that was let through, until this is dropped.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Limiter);

/// One that waits. Dropped before it is let through, it has given up.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: Ticket,
    bell: Arc<Notify>,
    is_through: bool,
}

impl Limiter {
    pub(super) fn new(limits: &RequestLimits) -> Self {
        let concurrent = limits.concurrent.unwrap_or(usize::MAX);
        let places = if limits.acquire_timeout.is_zero() { 0 } else { limits.max_waiting };
        let mut admission = Admission::new(concurrent, places);
        if let Some(rate) = limits.per_second {
            let now = Instant::now().into_std();
            admission = admission.with_rate(RateLimiter::new(rate, limits.burst, now));
        }
        let bells = FxHashMap::default();
        let queue = Queue { admission, bells, opens: None, watcher: None };
        Self { queue: Mutex::new(queue), acquire_timeout: limits.acquire_timeout }
    }

    /// Waits until the limits allow one more.
    pub(super) async fn admit(
        &self,
        priority: Priority,
        begun: Instant,
        deadline: Instant,
    ) -> Result<Permit<'_>, Throttled> {
        let Some(place) = self.enter(priority, begun)? else { return Ok(Permit(self)) };
        let until = begun.checked_add(self.acquire_timeout).map_or(deadline, |u| u.min(deadline));
        loop {
            let opens = {
                let mut queue = self.queue();
                queue.let_in(Instant::now());
                if !queue.bells.contains_key(&place.ticket) {
                    drop(queue);
                    return Ok(place.admitted());
                }
                if Instant::now() >= until {
                    drop(queue);
                    return Err(place.given_up(begun));
                }
                queue.watch(place.ticket)
            };
            let wake_at = opens.map_or(until, |opens| opens.min(until));
            // Woken or not, it looks again.
            let _ = timeout_at(wake_at, place.bell.notified()).await;
        }
    }

    /// A place to wait in, unless there is no need to.
    fn enter(&self, priority: Priority, now: Instant) -> Result<Option<Place<'_>>, Throttled> {
        let mut queue = self.queue();
        queue.let_in(now);
        let refused = queue.throttled(Duration::ZERO);
        match queue.admission.enter(priority, now.into_std()) {
            Ok(Entry::Admitted) => Ok(None),
            Ok(Entry::Queued(ticket)) => {
                let bell = Arc::default();
                queue.bells.insert(ticket, Arc::clone(&bell));
                Ok(Some(Place { limiter: self, ticket, bell, is_through: false }))
            }
            Err(_) => Err(refused),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing under the lock panics half way, so a poisoned queue is a whole one.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Lets in whom the limits allow.
    fn let_in(&mut self, now: Instant) {
        self.opens = loop {
            match self.admission.next(now.into_std()) {
                Next::Admit(ticket) => {
                    if let Some(bell) = self.bells.remove(&ticket) {
                        bell.notify_one();
                    }
                }
                Next::After(wait) => break Some(now + wait),
                Next::Nobody => break None,
            }
        };
        self.appoint();
    }

    /// Sees to it that somebody looks again when the rate allows the next one.
    fn appoint(&mut self) {
        let is_watched = self.watcher.is_some_and(|ticket| self.bells.contains_key(&ticket));
        if self.opens.is_some() && !is_watched {
            self.watcher = self.bells.keys().next().copied();
            if let Some(bell) = self.watcher.and_then(|ticket| self.bells.get(&ticket)) {
                bell.notify_one();
            }
        }
    }

    /// Until when `ticket` may sleep, if it is the one that watches.
    fn watch(&self, ticket: Ticket) -> Option<Instant> {
        self.opens.filter(|_| self.watcher == Some(ticket))
    }

    fn throttled(&self, waited: Duration) -> Throttled {
        let (running, waiting) = (self.admission.running(), self.admission.waiting());
        Throttled { running, waiting, waited }
    }
}

impl<'a> Place<'a> {
    fn admitted(mut self) -> Permit<'a> {
        self.is_through = true;
        Permit(self.limiter)
    }

    fn given_up(self, begun: Instant) -> Throttled {
        let limiter = self.limiter;
        drop(self);
        limiter.queue().throttled(begun.elapsed())
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.limiter.queue();
        if queue.bells.remove(&self.ticket).is_some() {
            queue.admission.cancel(self.ticket);
        } else if !self.is_through {
            queue.admission.leave();
        }
        queue.let_in(Instant::now());
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.admission.leave();
        queue.let_in(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn admit(limiter: &Limiter) -> Result<Permit<'_>, Throttled> {
        let now = Instant::now();
        limiter.admit(Priority::Normal, now, now + SECOND * 60).await
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_run_as_may_and_the_others_follow() {
        let limiter = Limiter::new(&RequestLimits::concurrent(3));
        let begun = Instant::now();
        let run = (0..10).map(|_| async {
            let _permit = admit(&limiter).await.unwrap();
            assert!(limiter.queue().admission.running() <= 3);
            tokio::time::sleep(SECOND).await;
        });
        join_all(run).await;
        assert_eq!(begun.elapsed().as_secs(), 4);
        assert_eq!(limiter.queue().admission.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_whoever_gives_up() {
        let limits = RequestLimits { burst: 1, ..RequestLimits::per_second(10) };
        let limiter = Limiter::new(&limits);
        let begun = Instant::now();
        drop(admit(&limiter).await.unwrap());
        // Whoever has been told to watch the time leaves; another one takes over.
        let mut leaves = Box::pin(admit(&limiter));
        assert!(leaves.as_mut().now_or_never().is_none());
        let leave = async {
            tokio::time::sleep(SECOND / 20).await;
            drop(leaves);
        };
        let (stay, ()) = tokio::join!(join_all((0..20).map(|_| admit(&limiter))), leave);
        assert!(stay.into_iter().all(|permit| permit.is_ok()));
        let taken = begun.elapsed().as_millis();
        assert!((2000..2050).contains(&taken), "{taken} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_or_finds_no_place_is_told() {
        let limits = RequestLimits { max_waiting: 1, ..RequestLimits::concurrent(1) };
        let limiter = Limiter::new(&limits);
        let runs = admit(&limiter).await.unwrap();
        let begun = Instant::now();
        let (late, refused) = tokio::join!(admit(&limiter), admit(&limiter));
        let refused = refused.unwrap_err();
        assert_eq!((refused.running, refused.waiting, refused.waited), (1, 1, Duration::ZERO));
        assert_eq!(late.unwrap_err().waited.as_secs(), 10);
        assert_eq!(begun.elapsed().as_secs(), 10);
        drop(runs);
        drop(admit(&limiter).await.unwrap());

        let now = RequestLimits { acquire_timeout: Duration::ZERO, ..limits };
        let limiter = Limiter::new(&now);
        let _runs = admit(&limiter).await.unwrap();
        assert!(admit(&limiter).now_or_never().unwrap().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_let_through_and_dropped_lets_the_next_through() {
        let limiter = Limiter::new(&RequestLimits::concurrent(1));
        let runs = admit(&limiter).await.unwrap();
        let (mut first, mut second) = (Box::pin(admit(&limiter)), Box::pin(admit(&limiter)));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        drop(runs);
        drop(first);
        assert!(second.await.is_ok());
    }
}

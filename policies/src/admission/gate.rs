use std::time::{Duration, Instant};

use super::{AdmissionQueue, ConcurrencyLimit, Priority, QueueFull, RateLimiter, Ticket};

/// What becomes of a request that wants in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It may go at once. Report its end by [`Admission::leave`].
    Admitted,
    /// It waits until [`Admission::next`] gives out its ticket.
    Queued(Ticket),
}

/// Who is let in next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This one, now. Report its end by [`Admission::leave`].
    Admit(Ticket),
    /// Nobody for so long, since the rate is used up.
    After(Duration),
    /// Nobody until one that runs has ended, or a new one comes.
    Nobody,
}

/// Lets requests in: so many at the same time, so many per second; the others wait in a bounded queue by priority.
///
/// It has no clock and wakes nobody: ask [`Admission::next`] until it admits nobody, after each [`Admission::leave`] and
/// when its time has come.
#[derive(Debug, Clone)]
pub struct Admission {
    limit: ConcurrencyLimit,
    rate: Option<RateLimiter>,
    queue: AdmissionQueue,
}

impl Admission {
    /// So many at the same time; so many others wait.
    pub fn new(concurrency: usize, queue: usize) -> Self {
        Self {
            limit: ConcurrencyLimit::new(concurrency),
            rate: None,
            queue: AdmissionQueue::new(queue),
        }
    }

    /// Limits the requests per second too. Default: no limit.
    #[must_use]
    pub fn with_rate(mut self, rate: RateLimiter) -> Self {
        self.rate = Some(rate);
        self
    }

    /// A request wants in. It never overtakes one that waits.
    ///
    /// # Errors
    /// The queue is full.
    pub fn enter(&mut self, priority: Priority, now: Instant) -> Result<Entry, QueueFull> {
        if self.queue.is_empty() && self.limit.has_room() && self.takes(now).is_ok() {
            self.limit.enter();
            return Ok(Entry::Admitted);
        }
        self.queue.push(priority).map(Entry::Queued)
    }

    /// A request that was let in has ended, however it did.
    pub fn leave(&mut self) {
        self.limit.leave();
    }

    /// A request does not want to wait any more; `false` if it has been let in, and then it must leave.
    pub fn cancel(&mut self, ticket: Ticket) -> bool {
        self.queue.cancel(ticket)
    }

    /// Who is let in now.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.queue.is_empty() || !self.limit.has_room() {
            return Next::Nobody;
        }
        if let Err(wait) = self.takes(now) {
            return Next::After(wait);
        }
        self.limit.enter();
        self.queue.pop().map_or(Next::Nobody, Next::Admit)
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Requests that were let in and have not left.
    pub fn running(&self) -> usize {
        self.limit.running()
    }

    fn takes(&mut self, now: Instant) -> Result<(), Duration> {
        self.rate.as_mut().map_or(Ok(()), |rate| rate.take(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(entry: Result<Entry, QueueFull>) -> Ticket {
        match entry {
            Ok(Entry::Queued(ticket)) => ticket,
            other => panic!("it should wait: {other:?}"),
        }
    }

    #[test]
    fn those_beyond_the_limit_wait_and_those_beyond_the_queue_are_turned_away() {
        let now = Instant::now();
        let mut admission = Admission::new(1, 2);
        assert_eq!(admission.enter(Priority::Low, now), Ok(Entry::Admitted));
        let normal = queued(admission.enter(Priority::Normal, now));
        let high = queued(admission.enter(Priority::High, now));
        assert_eq!(admission.enter(Priority::High, now), Err(QueueFull { capacity: 2 }));
        assert_eq!(admission.next(now), Next::Nobody);
        admission.leave();
        assert_eq!(admission.next(now), Next::Admit(high));
        assert_eq!(admission.next(now), Next::Nobody);
        admission.leave();
        assert_eq!(admission.next(now), Next::Admit(normal));
        assert_eq!((admission.running(), admission.waiting()), (1, 0));
    }

    #[test]
    fn nobody_overtakes_who_waits() {
        let now = Instant::now();
        let mut admission = Admission::new(1, 2);
        assert_eq!(admission.enter(Priority::Normal, now), Ok(Entry::Admitted));
        let waits = queued(admission.enter(Priority::Normal, now));
        admission.leave();
        queued(admission.enter(Priority::Normal, now));
        assert_eq!(admission.next(now), Next::Admit(waits));
    }

    #[test]
    fn the_rate_says_when_the_next_one_may_go() {
        let now = Instant::now();
        let mut admission = Admission::new(9, 9).with_rate(RateLimiter::new(10, 1, now));
        assert_eq!(admission.enter(Priority::Normal, now), Ok(Entry::Admitted));
        let ticket = queued(admission.enter(Priority::Normal, now));
        let wait = Duration::from_millis(100);
        assert_eq!(admission.next(now), Next::After(wait));
        assert_eq!(admission.next(now + wait), Next::Admit(ticket));
    }

    #[test]
    fn who_cancels_takes_no_place_of_those_that_run() {
        let now = Instant::now();
        let mut admission = Admission::new(1, 1);
        assert_eq!(admission.enter(Priority::Normal, now), Ok(Entry::Admitted));
        let gone = queued(admission.enter(Priority::Normal, now));
        assert!(admission.cancel(gone));
        admission.leave();
        assert_eq!(admission.next(now), Next::Nobody);
        assert_eq!(admission.enter(Priority::Normal, now), Ok(Entry::Admitted));
    }
}

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;

/// Requests that a node works on at the same time.
const WORKERS: usize = 4;
/// Requests that wait in a node before it calls itself overloaded.
const QUEUE: usize = 512;
/// What a request takes on average on a node that is well.
const SERVICE: Duration = Duration::from_millis(1);

/// An attempt at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Attempt {
    pub(crate) request: usize,
    pub(crate) node: u32,
    /// When it was sent.
    pub(crate) sent: Duration,
    /// How often the node had died before.
    pub(crate) life: u32,
}

/// A node that works on a few requests at a time, in the order in which they come.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) slowness: u32,
    pub(crate) is_dead: bool,
    pub(crate) life: u32,
    busy: usize,
    queue: VecDeque<Attempt>,
}

/// What a node does with a request.
pub(crate) enum Taken {
    /// It is done after so long.
    Started(Duration),
    Queued,
    Overloaded,
}

impl Node {
    pub(crate) fn new() -> Self {
        Self { slowness: 1, is_dead: false, life: 0, busy: 0, queue: VecDeque::new() }
    }

    pub(crate) fn take(&mut self, attempt: Attempt, random: &mut Rng) -> Taken {
        if self.busy < WORKERS {
            self.busy += 1;
            return Taken::Started(self.service(random));
        }
        if self.queue.len() >= QUEUE {
            return Taken::Overloaded;
        }
        self.queue.push_back(attempt);
        Taken::Queued
    }

    /// One is done; gives the next one and how long that takes.
    pub(crate) fn finish(&mut self, random: &mut Rng) -> Option<(Attempt, Duration)> {
        match self.queue.pop_front() {
            Some(next) => Some((next, self.service(random))),
            None => {
                self.busy -= 1;
                None
            }
        }
    }

    /// Dies; gives back what waited. What it worked on ends with another life than it began with.
    pub(crate) fn die(&mut self) -> VecDeque<Attempt> {
        self.is_dead = true;
        self.life += 1;
        self.busy = 0;
        std::mem::take(&mut self.queue)
    }

    fn service(&self, random: &mut Rng) -> Duration {
        SERVICE.mul_f64(-(1.0 - random.f64()).ln()) * self.slowness
    }
}

use std::collections::BTreeSet;

use thiserror::Error;

/// How urgent a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Goes before the others, though not always.
    High,
    /// What most requests are.
    #[default]
    Normal,
    /// Goes after the others, though not never.
    Low,
}

impl Priority {
    /// The share of those that are let in while all priorities wait is 16 of 21, 4 of 21 and 1 of 21.
    fn stride(self) -> u64 {
        match self {
            Self::High => 1,
            Self::Normal => 4,
            Self::Low => 16,
        }
    }

    const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];
}

/// A place in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    priority: Priority,
    number: u64,
}

impl Ticket {
    /// How urgent the request is that waits.
    pub fn priority(self) -> Priority {
        self.priority
    }
}

/// The queue has no place left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "all {capacity} places of the queue are taken: send fewer requests at once, or allow more to wait"
)]
pub struct QueueFull {
    /// Places that the queue has.
    pub capacity: usize,
}

/// Requests that wait, in order within a priority; among priorities the more urgent ones go more often, and none starves.
#[derive(Debug, Clone)]
pub struct AdmissionQueue {
    capacity: usize,
    next: u64,
    levels: [Level; 3],
}

/// The waiting requests of a priority.
#[derive(Debug, Clone, Default)]
struct Level {
    waiting: BTreeSet<u64>,
    /// Rises by the stride with each one let in; the level that is behind is next.
    pass: u64,
}

impl AdmissionQueue {
    /// A queue with so many places.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, next: 0, levels: Default::default() }
    }

    /// Requests that wait.
    pub fn len(&self) -> usize {
        self.levels.iter().map(|level| level.waiting.len()).sum()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.levels.iter().all(|level| level.waiting.is_empty())
    }

    /// Takes a place.
    ///
    /// # Errors
    /// All are taken.
    pub fn push(&mut self, priority: Priority) -> Result<Ticket, QueueFull> {
        if self.len() >= self.capacity {
            return Err(QueueFull { capacity: self.capacity });
        }
        match self.behind().map(|behind| self.levels[behind as usize].pass) {
            None => self.levels.iter_mut().for_each(|level| level.pass = 0),
            // Not having waited earns no turns.
            Some(least) if self.levels[priority as usize].waiting.is_empty() => {
                let level = &mut self.levels[priority as usize];
                level.pass = level.pass.max(least);
            }
            Some(_) => {}
        }
        let level = &mut self.levels[priority as usize];
        level.waiting.insert(self.next);
        let ticket = Ticket { priority, number: self.next };
        self.next += 1;
        Ok(ticket)
    }

    /// Gives a place back; `false` if it was not waiting any more.
    pub fn cancel(&mut self, ticket: Ticket) -> bool {
        self.levels[ticket.priority as usize].waiting.remove(&ticket.number)
    }

    /// Takes out the request whose turn it is.
    pub fn pop(&mut self) -> Option<Ticket> {
        let priority = self.behind()?;
        let level = &mut self.levels[priority as usize];
        level.pass += priority.stride();
        level.waiting.pop_first().map(|number| Ticket { priority, number })
    }

    /// Takes out a certain request, as if it had been its turn; `false` if it was not waiting any more.
    pub fn take(&mut self, ticket: Ticket) -> bool {
        let level = &mut self.levels[ticket.priority as usize];
        let was_waiting = level.waiting.remove(&ticket.number);
        level.pass += if was_waiting { ticket.priority.stride() } else { 0 };
        was_waiting
    }

    /// Puts back one that was taken out and could not go, to where it was.
    pub fn put_back(&mut self, ticket: Ticket) {
        let level = &mut self.levels[ticket.priority as usize];
        if level.waiting.insert(ticket.number) {
            level.pass = level.pass.saturating_sub(ticket.priority.stride());
        }
    }

    /// The priority whose turn it is; of several, the more urgent one.
    fn behind(&self) -> Option<Priority> {
        let waiting = |priority: &Priority| !self.levels[*priority as usize].waiting.is_empty();
        let all = Priority::ALL.into_iter().filter(waiting);
        all.min_by_key(|priority| self.levels[*priority as usize].pass)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Priority::{High, Low, Normal};
    use super::*;

    #[test]
    fn within_a_priority_the_first_goes_first() {
        let mut queue = AdmissionQueue::new(3);
        let tickets: Vec<_> = (0..3).map(|_| queue.push(Normal).unwrap()).collect();
        assert_eq!(queue.push(High), Err(QueueFull { capacity: 3 }));
        let out: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(out, tickets);
    }

    #[test]
    fn the_urgent_go_more_often_and_none_starves() {
        let mut queue = AdmissionQueue::new(1000);
        for priority in [Low, Normal, High] {
            (0..300).for_each(|_| {
                queue.push(priority).unwrap();
            });
        }
        assert_eq!(queue.pop().map(Ticket::priority), Some(High));
        let out: Vec<_> = (0..210).filter_map(|_| queue.pop()).map(Ticket::priority).collect();
        let of = |wanted| out.iter().filter(|priority| **priority == wanted).count();
        assert!((158..=161).contains(&of(High)), "{}", of(High));
        assert!((39..=41).contains(&of(Normal)), "{}", of(Normal));
        assert!((9..=11).contains(&of(Low)), "{}", of(Low));
    }

    #[test]
    fn the_low_are_served_under_an_endless_stream_of_the_high() {
        let mut queue = AdmissionQueue::new(1000);
        (0..500).for_each(|_| {
            queue.push(Low).unwrap();
        });
        while queue.pop().is_some() {}
        queue.push(High).unwrap();
        let low = queue.push(Low).unwrap();
        let turns = (0..100).take_while(|_| {
            queue.push(High).unwrap();
            queue.pop() != Some(low)
        });
        assert!(turns.count() <= 17);
    }

    #[test]
    fn a_pause_earns_no_turns() {
        let mut queue = AdmissionQueue::new(1000);
        queue.push(Low).unwrap();
        for _ in 0..200 {
            queue.push(Low).unwrap();
            queue.pop().unwrap();
        }
        (0..40).for_each(|_| {
            queue.push(Low).unwrap();
        });
        (0..40).for_each(|_| {
            queue.push(High).unwrap();
        });
        let high = (0..40).filter_map(|_| queue.pop()).filter(|ticket| ticket.priority == High);
        assert!((36..=39).contains(&high.count()));
    }

    #[test]
    fn who_is_put_back_is_where_it_was() {
        let mut queue = AdmissionQueue::new(100);
        let first = queue.push(Normal).unwrap();
        (0..20).for_each(|_| {
            queue.push(High).unwrap();
            queue.push(Normal).unwrap();
        });
        let order =
            |mut queue: AdmissionQueue| -> Vec<_> { std::iter::from_fn(|| queue.pop()).collect() };
        let expected = order(queue.clone());
        for _ in 0..100 {
            let out = queue.pop().unwrap();
            queue.put_back(out);
            queue.put_back(out);
        }
        assert_eq!(order(queue.clone()), expected);
        for ticket in &expected[..30] {
            assert!(queue.take(*ticket) && !queue.take(*ticket));
        }
        assert_eq!(order(queue), expected[30..], "each paid for its turn");
        assert!(expected.contains(&first));
    }

    #[test]
    fn who_cancels_is_not_let_in_and_frees_the_place() {
        let mut queue = AdmissionQueue::new(2);
        let (one, two) = (queue.push(Normal).unwrap(), queue.push(Low).unwrap());
        assert!(queue.cancel(one) && !queue.cancel(one));
        let three = queue.push(Normal).unwrap();
        let mut out = [queue.pop().unwrap(), queue.pop().unwrap()];
        out.sort();
        assert_eq!(out, [three, two]);
        assert!(queue.is_empty() && !queue.cancel(two));
    }

    proptest! {
        #[test]
        fn everyone_leaves_exactly_once(
            events in prop::collection::vec((0..3_usize, prop::sample::select(Priority::ALL.to_vec())), 0..200),
            capacity in 0..20_usize,
        ) {
            let mut queue = AdmissionQueue::new(capacity);
            let mut inside = Vec::new();
            for (event, priority) in events {
                match event {
                    0 => match queue.push(priority) {
                        Ok(ticket) => inside.push(ticket),
                        Err(_) => prop_assert_eq!(inside.len(), capacity),
                    },
                    1 => match queue.pop() {
                        Some(ticket) => {
                            let before = inside.len();
                            inside.retain(|other| *other != ticket);
                            prop_assert_eq!(inside.len() + 1, before);
                            let is_first = |other: &Ticket| other.priority != ticket.priority || *other > ticket;
                            prop_assert!(inside.iter().all(is_first));
                        }
                        None => prop_assert!(inside.is_empty()),
                    },
                    _ => if let Some(ticket) = inside.pop() {
                        prop_assert!(queue.cancel(ticket));
                    },
                }
                prop_assert_eq!(queue.len(), inside.len());
            }
        }
    }
}

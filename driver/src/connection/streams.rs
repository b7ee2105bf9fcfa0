use std::task::Waker;

use helenus_protocol::FrameHeader;
use tokio::time::Instant;

use super::outbox::Place;
use super::{Reply, Term};

/// The stream ids that the protocol has.
const STREAMS: usize = 1 << 15;

/// What a stream id is doing.
#[derive(Debug)]
enum Slot {
    /// Nothing; the next free stream id.
    Free { next: Option<u16> },
    /// A request waits for its answer.
    Waiting(Waiting),
    /// The answer is here and nobody has taken it yet.
    Answered(Reply),
    /// The answer came, so large that it was not taken.
    TooLarge { length: usize },
    /// Whoever asked has gone. The id stays taken until the answer comes.
    Orphaned { sent: Instant },
}

#[derive(Debug)]
struct Waiting {
    waker: Option<Waker>,
    term: Term,
    is_expired: bool,
    /// Whether it has been woken because its connection is suspected.
    is_told: bool,
    place: Place,
}

/// A request that has been answered.
#[derive(Debug)]
pub(super) struct Answered {
    /// Whom to wake, if anybody waits.
    pub(super) waker: Option<Waker>,
    /// When it was sent.
    pub(super) sent: Instant,
}

/// What a request's future finds when it looks for its answer.
#[derive(Debug)]
pub(super) enum Found {
    Answer(Reply),
    TooLarge { length: usize },
    Expired,
    Nothing,
}

/// What an abandoned stream id held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Abandoned {
    /// A request, whose frame was queued there. The id is an orphan's now.
    Waiting(Place),
    /// Nothing that matters any more.
    Done,
}

/// The stream ids of a connection and what each is doing.
#[derive(Debug)]
pub(super) struct Streams {
    slots: Vec<Slot>,
    free: Option<u16>,
    /// Requests and orphans that there may be at once.
    limit: usize,
    waiting: usize,
    /// The most that ever waited.
    peak: usize,
    orphans: usize,
    /// No deadline of those that wait is before this one.
    earliest: Option<Instant>,
}

impl Streams {
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, STREAMS);
        Self {
            slots: Vec::new(),
            free: None,
            limit,
            waiting: 0,
            peak: 0,
            orphans: 0,
            earliest: None,
        }
    }

    /// Requests and orphans that there may be at once.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Another limit from now on; what is beyond it already goes on.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.clamp(1, STREAMS);
    }

    /// Requests that wait for an answer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The most requests that ever waited at once.
    pub(super) fn peak(&self) -> usize {
        self.peak
    }

    /// Stream ids whose requests were given up.
    pub(super) fn orphans(&self) -> usize {
        self.orphans
    }

    /// The stream id that the next request gets, which may be so far beyond the limit; `None` where all are taken.
    pub(super) fn next(&self, extra: usize) -> Option<u16> {
        if self.waiting + self.orphans >= self.limit + extra {
            return None;
        }
        let unused = || (self.slots.len() < STREAMS).then_some(self.slots.len() as u16);
        self.free.or_else(unused)
    }

    /// Takes the next stream id for a request whose frame is queued at `place`.
    #[inline]
    pub(super) fn take(&mut self, stream: u16, waker: Option<Waker>, term: Term, place: Place) {
        let slot = Slot::Waiting(Waiting { waker, term, is_expired: false, is_told: false, place });
        match self.slots.get_mut(usize::from(stream)) {
            Some(free) => {
                if let Slot::Free { next } = std::mem::replace(free, slot) {
                    self.free = next;
                }
            }
            None => self.slots.push(slot),
        }
        self.waiting += 1;
        self.peak = self.peak.max(self.waiting);
        let deadline = term.deadline;
        self.earliest = Some(self.earliest.map_or(deadline, |earliest| earliest.min(deadline)));
    }

    pub(super) fn release(&mut self, stream: u16) {
        self.slots[usize::from(stream)] = Slot::Free { next: self.free };
        self.free = Some(stream);
    }

    /// Gives an answer to its request; an error where there is none.
    #[inline]
    pub(super) fn answer(
        &mut self,
        header: &FrameHeader,
        reply: Reply,
    ) -> Result<Answered, UnknownStream> {
        self.end(header, Slot::Answered(reply))
    }

    /// Tells a request that its answer is too large to be taken; an error where there is none.
    pub(super) fn refuse(&mut self, header: &FrameHeader) -> Result<Answered, UnknownStream> {
        self.end(header, Slot::TooLarge { length: header.length as usize })
    }

    /// Ends the wait for an answer.
    #[inline]
    fn end(&mut self, header: &FrameHeader, ended: Slot) -> Result<Answered, UnknownStream> {
        let stream = u16::try_from(header.stream).map_err(|_| UnknownStream)?;
        let slot = self.slots.get_mut(usize::from(stream)).ok_or(UnknownStream)?;
        match slot {
            Slot::Waiting(waiting) => {
                let answered = Answered { waker: waiting.waker.take(), sent: waiting.term.sent };
                *slot = ended;
                self.waiting -= 1;
                Ok(answered)
            }
            Slot::Orphaned { sent } => {
                let answered = Answered { waker: None, sent: *sent };
                self.orphans -= 1;
                self.release(stream);
                Ok(answered)
            }
            Slot::Free { .. } | Slot::Answered(_) | Slot::TooLarge { .. } => Err(UnknownStream),
        }
    }

    /// Looks for the answer of `stream`, whose request waits for it; frees the id if it is there.
    #[inline]
    pub(super) fn poll(&mut self, stream: u16, waker: &Waker) -> Found {
        let slot = &mut self.slots[usize::from(stream)];
        match slot {
            Slot::Waiting(Waiting { is_expired: true, .. }) => Found::Expired,
            Slot::Waiting(waiting) => {
                match &mut waiting.waker {
                    Some(same) if same.will_wake(waker) => {}
                    other => *other = Some(waker.clone()),
                }
                Found::Nothing
            }
            Slot::Answered(_) => {
                let answered = std::mem::replace(slot, Slot::Free { next: self.free });
                self.free = Some(stream);
                match answered {
                    Slot::Answered(reply) => Found::Answer(reply),
                    _ => unreachable!("the slot was matched as answered"),
                }
            }
            &mut Slot::TooLarge { length } => {
                self.release(stream);
                Found::TooLarge { length }
            }
            Slot::Free { .. } | Slot::Orphaned { .. } => {
                unreachable!("a stream belongs to its request until it is answered or given up")
            }
        }
    }

    /// Gives up the request of `stream`.
    pub(super) fn abandon(&mut self, stream: u16) -> Abandoned {
        match &self.slots[usize::from(stream)] {
            Slot::Answered(_) | Slot::TooLarge { .. } => self.release(stream),
            Slot::Waiting(Waiting { place, term, .. }) => {
                let (place, sent) = (*place, term.sent);
                self.waiting -= 1;
                self.orphans += 1;
                self.slots[usize::from(stream)] = Slot::Orphaned { sent };
                return Abandoned::Waiting(place);
            }
            Slot::Free { .. } | Slot::Orphaned { .. } => {}
        }
        Abandoned::Done
    }

    /// Frees the id of an orphan that no answer will come for.
    pub(super) fn forget_orphan(&mut self, stream: u16) {
        self.orphans -= 1;
        self.release(stream);
    }

    /// The wakers of all requests whose deadline has passed and that have not been told.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<Waker> {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return Vec::new();
        }
        let mut wakers = Vec::new();
        let mut earliest = None;
        for slot in &mut self.slots {
            let Slot::Waiting(waiting) = slot else { continue };
            if waiting.is_expired {
                continue;
            }
            if now >= waiting.term.deadline {
                waiting.is_expired = true;
                wakers.extend(waiting.waker.take());
            } else {
                let deadline = waiting.term.deadline;
                earliest = Some(earliest.map_or(deadline, |e| deadline.min(e)));
            }
        }
        self.earliest = earliest;
        wakers
    }

    /// The wakers of all requests that have not been told that the connection is suspected. Each is told once.
    pub(super) fn tell(&mut self) -> Vec<Waker> {
        let waker = |slot: &mut Slot| match slot {
            Slot::Waiting(waiting) if !waiting.is_told => {
                waiting.is_told = true;
                waiting.waker.take()
            }
            _ => None,
        };
        self.slots.iter_mut().filter_map(waker).collect()
    }

    /// The wakers of all requests.
    pub(super) fn all(&mut self) -> Vec<Waker> {
        let waker = |slot: &mut Slot| match slot {
            Slot::Waiting(waiting) => waiting.waker.take(),
            _ => None,
        };
        self.slots.iter_mut().filter_map(waker).collect()
    }
}

/// An answer on a stream id that nobody waits on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnknownStream;

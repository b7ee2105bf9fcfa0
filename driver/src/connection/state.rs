#[cfg(test)]
mod tests;

use std::task::Waker;

use helenus_protocol::FrameHeader;
use tokio::time::Instant;

use super::{CloseReason, Reply};

/// What a stream id is doing.
#[derive(Debug)]
enum Slot {
    /// Nothing; the next free stream id.
    Free { next: Option<u16> },
    /// A request waits for its answer until the deadline.
    Waiting { waker: Option<Waker>, deadline: Instant },
    /// The answer is here and nobody has taken it yet.
    Answered(Reply),
    /// Whoever asked has gone. The id stays taken until the answer comes.
    Orphaned,
}

/// A frame in the outbox, so that it can be taken back as long as it has not been written.
#[derive(Debug)]
struct Queued {
    stream: u16,
    length: usize,
    is_cancelled: bool,
}

/// What a request's future finds when it looks for its answer.
#[derive(Debug)]
pub(super) enum Poll {
    Ready(Reply),
    Lost(CloseReason),
    Expired,
    Pending,
}

/// The streams and the outbox of a connection, behind its one lock.
#[derive(Debug)]
pub(super) struct State {
    slots: Vec<Slot>,
    free: Option<u16>,
    capacity: usize,
    waiting: usize,
    orphans: usize,
    /// The end of a write that stopped half way: it goes before all else.
    rest: Vec<u8>,
    outbox: Vec<u8>,
    queued: Vec<Queued>,
    has_cancelled: bool,
    /// Whether somebody is writing: only one may, or frames would mix.
    is_writing: bool,
    is_draining: bool,
    closed: Option<CloseReason>,
}

/// What is to be written next: the end of a write that stopped half way, and whole frames behind it.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rest: Vec<u8>,
    pub(super) frames: Vec<u8>,
}

/// Why a request was not taken.
#[derive(Debug)]
pub(super) enum Refused {
    Full,
    Closed(CloseReason),
}

/// How a frame that was queued shall be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// By whoever queued it, now: the connection was idle.
    Now(Vec<u8>),
    /// By the writer, which must be woken.
    Wake,
    /// By the writer, which is at work.
    UnderWay,
}

impl State {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: None,
            capacity: capacity.clamp(1, 1 << 15),
            waiting: 0,
            orphans: 0,
            rest: Vec::new(),
            outbox: Vec::new(),
            queued: Vec::new(),
            has_cancelled: false,
            is_writing: false,
            is_draining: false,
            closed: None,
        }
    }

    /// Requests that wait for an answer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Stream ids whose requests were given up.
    pub(super) fn orphans(&self) -> usize {
        self.orphans
    }

    pub(super) fn is_draining(&self) -> bool {
        self.is_draining
    }

    /// Takes no new request from now on.
    pub(super) fn drain(&mut self) {
        self.is_draining = true;
    }

    /// Takes a stream id for `frame` and queues it under that id.
    pub(super) fn queue(
        &mut self,
        frame: &[u8],
        deadline: Instant,
    ) -> Result<(u16, Writing), Refused> {
        if let Some(reason) = &self.closed {
            return Err(Refused::Closed(reason.clone()));
        }
        if self.is_draining {
            return Err(Refused::Closed(CloseReason::Drained));
        }
        let was_idle = self.waiting == 0;
        let stream = self.allocate(deadline).ok_or(Refused::Full)?;
        let start = self.outbox.len();
        self.outbox.extend_from_slice(frame);
        self.outbox[start + 2..start + 4].copy_from_slice(&stream.to_be_bytes());
        self.queued.push(Queued { stream, length: frame.len(), is_cancelled: false });
        let writing = match (self.is_writing, was_idle && start == 0 && self.rest.is_empty()) {
            (true, _) => Writing::UnderWay,
            (false, true) => {
                self.is_writing = true;
                Writing::Now(self.take_outbox(Vec::new()))
            }
            (false, false) => Writing::Wake,
        };
        Ok((stream, writing))
    }

    fn allocate(&mut self, deadline: Instant) -> Option<u16> {
        let slot = Slot::Waiting { waker: None, deadline };
        let stream = match self.free {
            Some(stream) => {
                let freed = std::mem::replace(&mut self.slots[usize::from(stream)], slot);
                let Slot::Free { next } = freed else {
                    unreachable!("the free list holds free slots")
                };
                self.free = next;
                stream
            }
            None if self.slots.len() < self.capacity => {
                self.slots.push(slot);
                // The capacity is 2^15 at most.
                (self.slots.len() - 1) as u16
            }
            None => return None,
        };
        self.waiting += 1;
        Some(stream)
    }

    fn release(&mut self, stream: u16) {
        self.slots[usize::from(stream)] = Slot::Free { next: self.free };
        self.free = Some(stream);
    }

    /// All frames that wait to be written; `spare` becomes the new outbox.
    fn take_outbox(&mut self, mut spare: Vec<u8>) -> Vec<u8> {
        spare.clear();
        let full = std::mem::replace(&mut self.outbox, spare);
        let queued = std::mem::take(&mut self.queued);
        if !std::mem::take(&mut self.has_cancelled) {
            self.queued = queued;
            self.queued.clear();
            return full;
        }
        let mut kept = Vec::with_capacity(full.len());
        let mut at = 0;
        for Queued { length, is_cancelled, .. } in queued {
            if !is_cancelled {
                kept.extend_from_slice(&full[at..at + length]);
            }
            at += length;
        }
        kept
    }

    /// Starts writing, unless somebody else is at it or there is nothing to write. What is to be written takes the
    /// place of what was in `batch`.
    pub(super) fn start_writing(&mut self, batch: &mut Batch) -> bool {
        if self.is_writing || !self.has_more() {
            return false;
        }
        self.is_writing = true;
        batch.rest.clear();
        std::mem::swap(&mut batch.rest, &mut self.rest);
        batch.frames = self.take_outbox(std::mem::take(&mut batch.frames));
        true
    }

    fn has_more(&self) -> bool {
        !self.rest.is_empty() || !self.outbox.is_empty()
    }

    /// Ends writing; returns whether more has been queued meanwhile.
    pub(super) fn finish_writing(&mut self) -> bool {
        self.is_writing = false;
        self.has_more()
    }

    /// Takes back the buffer of a finished write, unless there is a newer one.
    pub(super) fn recycle(&mut self, mut written: Vec<u8>) {
        if self.outbox.capacity() == 0 {
            written.clear();
            self.outbox = written;
        }
    }

    /// Keeps what could not be written for the writer. It has left in part, so it can no longer be taken back.
    pub(super) fn put_back(&mut self, unwritten: &[u8]) {
        self.rest.extend_from_slice(unwritten);
    }

    /// Gives an answer to its request; returns whom to wake.
    pub(super) fn answer(
        &mut self,
        header: &FrameHeader,
        reply: Reply,
    ) -> Result<Option<Waker>, CloseReason> {
        let unknown = CloseReason::UnknownStream { stream: header.stream };
        let Some(slot) =
            usize::try_from(header.stream).ok().and_then(|stream| self.slots.get_mut(stream))
        else {
            return Err(unknown);
        };
        match slot {
            Slot::Waiting { waker, .. } => {
                let waker = waker.take();
                *slot = Slot::Answered(reply);
                self.waiting -= 1;
                Ok(waker)
            }
            Slot::Orphaned => {
                self.orphans -= 1;
                self.release(header.stream.cast_unsigned());
                Ok(None)
            }
            Slot::Free { .. } | Slot::Answered(_) => Err(unknown),
        }
    }

    /// Looks for the answer of `stream`, whose request has it or waits for it; frees the id if it is there.
    pub(super) fn poll(&mut self, stream: u16, waker: &Waker, now: Instant) -> Poll {
        match &mut self.slots[usize::from(stream)] {
            Slot::Waiting { waker: waiting, deadline } => {
                if let Some(reason) = &self.closed {
                    return Poll::Lost(reason.clone());
                }
                if now >= *deadline {
                    return Poll::Expired;
                }
                match waiting {
                    Some(same) if same.will_wake(waker) => {}
                    waiting => *waiting = Some(waker.clone()),
                }
                Poll::Pending
            }
            answered @ Slot::Answered(_) => {
                let taken = std::mem::replace(answered, Slot::Free { next: None });
                self.release(stream);
                match taken {
                    Slot::Answered(reply) => Poll::Ready(reply),
                    _ => unreachable!("the slot was matched as answered"),
                }
            }
            Slot::Free { .. } | Slot::Orphaned => {
                unreachable!("a stream belongs to its request until it is answered or given up")
            }
        }
    }

    /// Gives up the request of `stream`: takes it back if it has not been written, else leaves an orphan.
    pub(super) fn abandon(&mut self, stream: u16) {
        match &self.slots[usize::from(stream)] {
            Slot::Answered(_) => self.release(stream),
            Slot::Waiting { .. } => {
                self.waiting -= 1;
                let unwritten = self
                    .queued
                    .iter_mut()
                    .find(|queued| queued.stream == stream && !queued.is_cancelled);
                if let Some(queued) = unwritten {
                    queued.is_cancelled = true;
                    self.has_cancelled = true;
                    self.release(stream);
                } else {
                    self.orphans += 1;
                    self.slots[usize::from(stream)] = Slot::Orphaned;
                }
            }
            Slot::Free { .. } | Slot::Orphaned => {}
        }
    }

    /// The wakers of all requests whose deadline has passed.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<Waker> {
        let waker = |slot: &mut Slot| match slot {
            Slot::Waiting { waker, deadline } if now >= *deadline => waker.take(),
            _ => None,
        };
        self.slots.iter_mut().filter_map(waker).collect()
    }

    /// Ends it all; returns whom to wake. Only the first reason counts.
    pub(super) fn close(&mut self, reason: CloseReason) -> Vec<Waker> {
        self.closed.get_or_insert(reason);
        let waker = |slot: &mut Slot| match slot {
            Slot::Waiting { waker, .. } => waker.take(),
            _ => None,
        };
        self.slots.iter_mut().filter_map(waker).collect()
    }

    pub(super) fn closed(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }
}

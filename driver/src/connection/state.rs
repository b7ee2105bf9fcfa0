#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use std::task::Waker;

use helenus_protocol::FrameHeader;
use tokio::time::Instant;

use super::outbox::{Batch, Outbox, Writing};
use super::streams::{Abandoned, Answered, Found, Streams};
use super::{CloseReason, Reply, Term};

/// The fewest frames that are worth a write of their own where more are likely to follow.
const MIN_BATCH: usize = 16;

/// The streams and the outbox of a connection, behind its one lock.
#[derive(Debug)]
pub(super) struct State {
    streams: Streams,
    outbox: Outbox,
    /// Bytes that the outbox may hold.
    max_unwritten: usize,
    /// Requests sent since the connection was made.
    requests: u64,
    /// How many answers the last batch had: after a large one, many requests are likely to follow together.
    last_given: usize,
    /// Whether the keeper looks at no deadlines until it is woken.
    is_keeper_resting: bool,
    /// Why no new request is taken, though those under way go on.
    draining: Option<CloseReason>,
    closed: Option<CloseReason>,
}

/// What a request's future finds when it looks for its answer.
#[derive(Debug)]
pub(super) enum Poll {
    Ready(Reply),
    TooLarge { length: usize },
    Lost(CloseReason),
    Expired,
    Pending,
}

/// What is to be done for a request that was queued.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) stream: u16,
    pub(super) writing: Writing,
    /// The keeper rests and must be woken, for there is a deadline again.
    pub(super) wakes_keeper: bool,
}

/// Why a request was not taken.
#[derive(Debug)]
pub(super) enum Refused {
    Full,
    Closed(CloseReason),
}

impl State {
    /// Takes up to `limit` requests at once.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            streams: Streams::new(limit),
            outbox: Outbox::default(),
            max_unwritten: usize::MAX,
            requests: 0,
            last_given: 0,
            is_keeper_resting: false,
            draining: None,
            closed: None,
        }
    }

    /// Holds so many bytes that are not written; what comes beyond them is refused.
    pub(super) fn holding(mut self, bytes: usize) -> Self {
        self.max_unwritten = bytes;
        self
    }

    /// Requests that wait for an answer.
    pub(super) fn waiting(&self) -> usize {
        self.streams.waiting()
    }

    /// Stream ids whose requests were given up.
    pub(super) fn orphans(&self) -> usize {
        self.streams.orphans()
    }

    /// Whether there are more than `most` orphans, or so many that they take most of the places.
    pub(super) fn has_too_many_orphans(&self, most: usize) -> bool {
        self.streams.orphans() > most.min(self.streams.limit() / 2)
    }

    /// Requests sent since the connection was made.
    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    /// The most requests that ever waited at once.
    pub(super) fn peak(&self) -> usize {
        self.streams.peak()
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_some()
    }

    /// Takes no new request from now on. Only the first reason counts.
    pub(super) fn drain(&mut self, reason: CloseReason) {
        self.draining.get_or_insert(reason);
    }

    /// Why it has come to its end, once it takes no new requests and the last one is answered.
    pub(super) fn drained(&self) -> Option<&CloseReason> {
        self.draining.as_ref().filter(|_| self.streams.waiting() == 0)
    }

    /// Takes up to `limit` requests at once from now on.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.streams.set_limit(limit);
    }

    /// Takes a stream id for `frame` and queues it under that id. `waker` is whom its answer wakes. `extra` is how far beyond
    /// the limit of requests it may go; with it, no limit of bytes holds either.
    #[inline]
    pub(super) fn queue(
        &mut self,
        extra: usize,
        frame: &[u8],
        term: Term,
        waker: Option<Waker>,
    ) -> Result<Queued, Refused> {
        if let Some(reason) = &self.closed {
            return Err(Refused::Closed(reason.clone()));
        }
        if let Some(reason) = &self.draining {
            return Err(Refused::Closed(reason.clone()));
        }
        let unwritten = self.outbox.unwritten();
        if unwritten > 0 && unwritten + frame.len() > self.max_unwritten && extra == 0 {
            return Err(Refused::Full);
        }
        let stream = self.streams.next(extra).ok_or(Refused::Full)?;
        let enough = self.enough();
        let place = self.outbox.push(frame, stream);
        self.streams.take(stream, waker, term, place);
        self.requests += 1;
        let writing = self.outbox.writing(enough);
        let wakes_keeper = std::mem::take(&mut self.is_keeper_resting);
        Ok(Queued { stream, writing, wakes_keeper })
    }

    /// How many frames are written without waiting for others: one where no others are likely, else so many that the
    /// server has work while the rest gathers.
    fn enough(&self) -> usize {
        match self.streams.waiting() {
            0 if self.last_given <= 1 => 1,
            waiting => (waiting / 2).max(MIN_BATCH),
        }
    }

    /// Lets the keeper rest until a request is queued, unless one waits already.
    pub(super) fn rest(&mut self) -> bool {
        self.is_keeper_resting = self.streams.waiting() == 0;
        self.is_keeper_resting
    }

    /// Whether it does.
    pub(super) fn is_keeper_resting(&self) -> bool {
        self.is_keeper_resting
    }

    /// Starts writing, unless somebody else is at it or there is nothing to write. What is to be written takes the
    /// place of what was in `batch`.
    pub(super) fn start_writing(&mut self, batch: &mut Batch) -> bool {
        self.outbox.start_writing(batch)
    }

    /// Ends writing; returns whether more has been queued meanwhile, for which the writer must be woken.
    pub(super) fn finish_writing(&mut self) -> bool {
        self.outbox.finish_writing()
    }

    /// Ends the writing of a lone frame, of which `unwritten` is left; else as [`finish_writing`](Self::finish_writing).
    pub(super) fn finish_lone(&mut self, frame: Vec<u8>, unwritten: &[u8]) -> bool {
        self.outbox.put_back(unwritten);
        self.outbox.recycle(frame);
        self.outbox.finish_writing()
    }

    /// Says how many answers were given out together. After several, what is queued is left to whoever calls
    /// [`gathered`](Self::gathered) once those who were answered had their turn.
    pub(super) fn end_answers(&mut self, count: usize) {
        if count > 0 {
            self.last_given = count;
        }
        if count > 1 {
            self.outbox.gather();
        }
    }

    /// The frames that came together, to be written now, if anybody is to.
    pub(super) fn gathered(&mut self) -> Option<Vec<u8>> {
        self.outbox.gathered()
    }

    /// Gives an answer to its request.
    #[inline]
    pub(super) fn answer(
        &mut self,
        header: &FrameHeader,
        reply: Reply,
    ) -> Result<Answered, CloseReason> {
        let unknown = |_| CloseReason::UnknownStream { stream: header.stream };
        self.streams.answer(header, reply).map_err(unknown)
    }

    /// Tells a request that its answer is too large to be taken.
    #[cold]
    pub(super) fn refuse(&mut self, header: &FrameHeader) -> Result<Answered, CloseReason> {
        let unknown = |_| CloseReason::UnknownStream { stream: header.stream };
        self.streams.refuse(header).map_err(unknown)
    }

    /// Looks for the answer of `stream`, whose request has it or waits for it; frees the id if it is there.
    #[inline]
    pub(super) fn poll(&mut self, stream: u16, waker: &Waker) -> Poll {
        match self.streams.poll(stream, waker) {
            Found::Answer(reply) => Poll::Ready(reply),
            Found::TooLarge { length } => Poll::TooLarge { length },
            Found::Expired => Poll::Expired,
            Found::Nothing => match &self.closed {
                Some(reason) => Poll::Lost(reason.clone()),
                None => Poll::Pending,
            },
        }
    }

    /// Gives up the request of `stream`: takes it back if it has not been written, else leaves an orphan.
    pub(super) fn abandon(&mut self, stream: u16) {
        if let Abandoned::Waiting(place) = self.streams.abandon(stream)
            && self.outbox.cancel(place)
        {
            self.streams.forget_orphan(stream);
        }
    }

    /// The wakers of all requests whose deadline has passed and that have not been told.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<Waker> {
        self.streams.expired(now)
    }

    /// The wakers of all requests that have not been told that the connection is suspected.
    pub(super) fn tell(&mut self) -> Vec<Waker> {
        self.streams.tell()
    }

    /// Ends it all; returns whom to wake. Only the first reason counts.
    pub(super) fn close(&mut self, reason: CloseReason) -> Vec<Waker> {
        self.closed.get_or_insert(reason);
        self.streams.all()
    }

    pub(super) fn closed(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }
}

use std::sync::atomic::Ordering;
use std::task::Waker;

use helenus_protocol::{Event, Response};
use tokio::sync::mpsc;
use tokio::task::yield_now;

use super::inbox::Inbox;
use super::transport::Incoming;
use super::{CloseReason, Connection, Reply};

/// Answers given out before other tasks get their turn: more would overflow the runtime's local queue, and what
/// overflows is run much later.
const BATCH: usize = 128;

/// Cuts out up to a batch of answers. Those before a damaged one are good.
fn cut_batch(inbox: &mut Inbox, limit: usize, replies: &mut Vec<Reply>) -> Result<(), CloseReason> {
    while replies.len() < BATCH {
        match inbox.next_frame(limit)? {
            Some((header, body)) => replies.push(Reply { header, body }),
            None => break,
        }
    }
    Ok(())
}

/// The stream of frames that nobody asked for.
const EVENTS: i16 = -1;

impl Connection {
    /// Reads answers and gives them out until there is a reason to stop.
    pub(super) async fn read(
        &self,
        mut incoming: Incoming,
        mut inbox: Inbox,
        events: Option<mpsc::Sender<Event>>,
    ) -> CloseReason {
        let mut replies = Vec::with_capacity(BATCH);
        let mut wakers = Vec::with_capacity(BATCH);
        loop {
            let cut = cut_batch(&mut inbox, self.config.max_frame, &mut replies);
            let given = replies.len();
            let given_out = self.give_out(&mut replies, &mut wakers, events.as_ref());
            wakers.drain(..).for_each(Waker::wake);
            if let Err(reason) = given_out.and(cut) {
                return reason;
            }
            if given == BATCH {
                yield_now().await;
                continue;
            }
            match incoming.read(inbox.room()).await {
                Ok(0) => return CloseReason::ByPeer,
                Ok(_) => self.reads.fetch_add(1, Ordering::Relaxed),
                Err(error) => return error.into(),
            };
        }
    }

    /// Gives answers to their requests, and reports events.
    fn give_out(
        &self,
        replies: &mut Vec<Reply>,
        wakers: &mut Vec<Waker>,
        events: Option<&mpsc::Sender<Event>>,
    ) -> Result<(), CloseReason> {
        if replies.is_empty() {
            return Ok(());
        }
        self.with_state(|state| {
            state.begin_answers(replies.len());
            for reply in replies.drain(..) {
                let header = reply.header;
                if header.stream == EVENTS {
                    self.report(reply, events);
                } else {
                    wakers.extend(state.answer(&header, reply)?);
                }
            }
            match state.is_draining() && state.waiting() == 0 {
                true => Err(CloseReason::Drained),
                false => Ok(()),
            }
        })
    }

    /// Passes on an event. Nobody waits for one: what does not fit is dropped, and the next refresh makes up for it.
    fn report(&self, reply: Reply, events: Option<&mpsc::Sender<Event>>) {
        let Some(events) = events else { return };
        let body = self.decompress(reply).and_then(|reply| Ok(reply.decode()?));
        match body.map(|body| body.response) {
            Ok(Response::Event(event)) => {
                if let Err(mpsc::error::TrySendError::Full(event)) = events.try_send(event) {
                    tracing::debug!(node = %self.address(), ?event, "too many events, one is dropped");
                }
            }
            Ok(other) => {
                tracing::warn!(node = %self.address(), opcode = ?other.opcode(), "not an event on stream -1");
            }
            Err(error) => tracing::warn!(node = %self.address(), %error, "an event cannot be read"),
        }
    }
}

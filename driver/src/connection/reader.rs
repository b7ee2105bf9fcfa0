use std::sync::atomic::Ordering;
use std::task::Waker;

use helenus_protocol::{Event, Response};
use tokio::sync::mpsc;
use tokio::task::yield_now;

use super::inbox::Inbox;
use super::{CloseReason, Connection, Reply};

/// Room that is made before each read, in bytes.
const READ_SIZE: usize = 64 * 1024;

/// Answers given out before other tasks get their turn: more would overflow the runtime's local queue, and what
/// overflows is run much later.
const BATCH: usize = 128;

/// The stream of frames that nobody asked for.
const EVENTS: i16 = -1;

impl Connection {
    /// Reads answers and gives them out until there is a reason to stop.
    pub(super) async fn read(
        &self,
        mut inbox: Inbox,
        events: Option<mpsc::Sender<Event>>,
    ) -> CloseReason {
        let mut replies = Vec::with_capacity(BATCH);
        let mut wakers = Vec::with_capacity(BATCH);
        loop {
            while replies.len() < BATCH {
                match inbox.next_frame(self.config.max_frame) {
                    Ok(Some((header, body))) => replies.push(Reply { header, body }),
                    Ok(None) => break,
                    Err(reason) => return reason,
                }
            }
            let given = replies.len();
            if let Err(reason) = self.give_out(&mut replies, &mut wakers, events.as_ref()) {
                return reason;
            }
            wakers.drain(..).for_each(Waker::wake);
            if self.is_drained() {
                return CloseReason::Drained;
            }
            if given == BATCH {
                yield_now().await;
                continue;
            }
            // What is reserved doubles with what has arrived, whatever length a frame announces.
            inbox.wire.reserve(READ_SIZE.max(inbox.wire.len()));
            match self.transport.read(&mut inbox.wire).await {
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
            for reply in replies.drain(..) {
                let header = reply.header;
                if header.stream == EVENTS {
                    self.report(reply, events);
                } else {
                    wakers.extend(state.answer(&header, reply)?);
                }
            }
            Ok(())
        })
    }

    /// Passes on an event. Nobody waits for one: what does not fit is dropped, and the next refresh makes up for it.
    fn report(&self, reply: Reply, events: Option<&mpsc::Sender<Event>>) {
        let Some(events) = events else { return };
        match self.open(reply).map(|body| body.response) {
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

    pub(super) fn is_drained(&self) -> bool {
        let state = self.lock();
        state.is_draining() && state.waiting() == 0
    }
}

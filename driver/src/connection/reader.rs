use std::sync::atomic::Ordering;
use std::task::Waker;

use helenus_protocol::{Event, FrameHeader, Response};
use tokio::sync::mpsc;

use super::inbox::{Arrival, Inbox};
use super::measuring::Measuring;
use super::streams::Answered;
use super::transport::Incoming;
use super::turn::{last_in_turn, room, woke};
use super::{CloseReason, Connection, Reply};

/// Answers given out before other tasks get their turn: more would overflow the runtime's local queue, and what
/// overflows is run much later.
const BATCH: usize = 128;

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
        let mut wakers = Vec::with_capacity(BATCH);
        let mut measuring = Measuring::new(&self.times, &self.owner.vitals);
        loop {
            let most = room(BATCH).await;
            measuring.begin();
            let given =
                self.give_out(most, &mut inbox, &mut wakers, &mut measuring, events.as_ref());
            measuring.end();
            woke(wakers.len());
            wakers.drain(..).for_each(Waker::wake);
            self.owner.room.made_room();
            match given {
                Ok(0 | 1) => {}
                Ok(given) => {
                    // Those who were answered ask again in their turn, and what they ask leaves in one write.
                    last_in_turn().await;
                    self.write_gathered();
                    if given == most {
                        continue;
                    }
                }
                Err(reason) => return reason,
            }
            match incoming.read(inbox.room()).await {
                Ok(0) => return CloseReason::ByPeer,
                Ok(_) => self.reads.fetch_add(1, Ordering::Relaxed),
                Err(error) => return error.into(),
            };
        }
    }

    /// Gives up to `most` answers to their requests, and reports events; returns how many there were. Those before a
    /// damaged one are good.
    fn give_out(
        &self,
        most: usize,
        inbox: &mut Inbox,
        wakers: &mut Vec<Waker>,
        measuring: &mut Measuring<'_>,
        events: Option<&mpsc::Sender<Event>>,
    ) -> Result<usize, CloseReason> {
        let mut given = 0;
        self.with_state(|state| {
            while given < most
                && let Some(arrival) = inbox.next_frame(self.config.max_response)?
            {
                given += 1;
                let Answered { waker, sent } = match arrival {
                    Arrival::Frame(header @ FrameHeader { stream: EVENTS, .. }, body) => {
                        self.report(Reply { header, body }, events);
                        continue;
                    }
                    Arrival::Frame(header, body) => {
                        state.answer(&header, Reply { header, body })?
                    }
                    Arrival::TooLarge(header) => state.refuse(&header)?,
                };
                measuring.answer(sent);
                wakers.extend(waker);
            }
            state.end_answers(given);
            match state.drained() {
                Some(reason) => Err(reason.clone()),
                None => Ok(given),
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

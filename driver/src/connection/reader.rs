use std::sync::atomic::Ordering;
use std::task::Waker;

use bytes::{Buf, BytesMut};
use helenus_protocol::{Event, FrameHeader, Response};
use tokio::sync::mpsc;
use tokio::task::yield_now;

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
        mut buffer: BytesMut,
        events: Option<mpsc::Sender<Event>>,
    ) -> CloseReason {
        let mut wakers = Vec::with_capacity(BATCH);
        loop {
            let given = match self.give_out(&mut buffer, &mut wakers, events.as_ref()) {
                Ok(given) => given,
                Err(reason) => return reason,
            };
            wakers.drain(..).for_each(Waker::wake);
            if self.is_drained() {
                return CloseReason::Drained;
            }
            if given == BATCH {
                yield_now().await;
                continue;
            }
            // What is reserved doubles with what has arrived, whatever length a frame announces.
            buffer.reserve(READ_SIZE.max(buffer.len()));
            match self.transport.read(&mut buffer).await {
                Ok(0) => return CloseReason::ByPeer,
                Ok(_) => self.reads.fetch_add(1, Ordering::Relaxed),
                Err(error) => return error.into(),
            };
        }
    }

    /// Cuts frames out of `buffer` and gives them to their requests; returns how many there were.
    fn give_out(
        &self,
        buffer: &mut BytesMut,
        wakers: &mut Vec<Waker>,
        events: Option<&mpsc::Sender<Event>>,
    ) -> Result<usize, CloseReason> {
        if FrameHeader::decode(buffer).map_err(CloseReason::Garbage)?.is_none() {
            return Ok(0);
        }
        self.with_state(|state| {
            let mut given = 0;
            while given < BATCH {
                let Some(reply) = self.cut(buffer)? else { break };
                let header = reply.header;
                if header.stream == EVENTS {
                    self.report(reply, events);
                } else {
                    wakers.extend(state.answer(&header, reply)?);
                }
                given += 1;
            }
            Ok(given)
        })
    }

    fn cut(&self, buffer: &mut BytesMut) -> Result<Option<Reply>, CloseReason> {
        let Some(header) = FrameHeader::decode(buffer).map_err(CloseReason::Garbage)? else {
            return Ok(None);
        };
        let (length, limit) = (header.length as usize, self.config.max_frame);
        if length > limit {
            return Err(CloseReason::FrameTooLarge { length, limit });
        }
        if buffer.len() < FrameHeader::LENGTH + length {
            return Ok(None);
        }
        buffer.advance(FrameHeader::LENGTH);
        Ok(Some(Reply { header, body: buffer.split_to(length).freeze() }))
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

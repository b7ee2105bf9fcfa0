use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use helenus_protocol::{FrameError, FrameHeader, ResponseBody};
use tokio::time::Instant;

use super::state;
use super::{CloseReason, Connection};

/// An answer, not decoded yet: that is done by whoever asked, in its own task.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) header: FrameHeader,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum ReplyError {
    /// The deadline passed.
    Expired,
    /// The connection was lost.
    Lost(CloseReason),
    /// The answer cannot be read.
    Unreadable(FrameError),
}

/// A request that was queued. Dropped, it is taken back if it has not been written, else its answer reaches nobody.
#[derive(Debug)]
pub(crate) struct Sent {
    connection: Arc<Connection>,
    stream: u16,
    is_done: bool,
}

impl Sent {
    /// The connection that carries it.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    pub(super) fn new(connection: Arc<Connection>, stream: u16) -> Self {
        Self { connection, stream, is_done: false }
    }
}

impl Future for Sent {
    type Output = Result<ResponseBody, ReplyError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (stream, waker) = (self.stream, context.waker());
        let found = self.connection.with_state(|state| state.poll(stream, waker, Instant::now()));
        let found = match found {
            state::Poll::Pending => Poll::Pending,
            other => Poll::Ready(other),
        };
        Poll::Ready(match ready!(found) {
            state::Poll::Ready(reply) => {
                self.is_done = true;
                self.connection.open(reply).map_err(ReplyError::Unreadable)
            }
            state::Poll::Lost(reason) => Err(ReplyError::Lost(reason)),
            state::Poll::Expired | state::Poll::Pending => Err(ReplyError::Expired),
        })
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.is_done {
            self.connection.abandon(self.stream);
        }
    }
}

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use helenus_protocol::{CompressionError, FrameError, FrameHeader, ResponseBody, WireError};

use super::state;
use super::{CloseReason, Connection};

/// An answer, not decoded yet: that is done by whoever asked, in its own task.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) header: FrameHeader,
    pub(crate) body: Bytes,
}

impl Reply {
    /// Reads it.
    pub(crate) fn decode(&self) -> Result<ResponseBody, WireError> {
        let Self { header, body } = self;
        ResponseBody::decode(header.version, header.flags, header.opcode, body)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum ReplyError {
    /// The deadline passed.
    Expired,
    /// The connection was lost.
    Lost(CloseReason),
    /// The answer is larger than is taken.
    TooLarge { length: usize, limit: usize },
    /// The answer cannot be read.
    Unreadable(FrameError),
}

impl ReplyError {
    /// What it means that the body of an answer, which may have `limit` bytes, cannot be decompressed.
    fn compressed(error: FrameError, limit: usize) -> Self {
        match error {
            // A length that no compression comes to is damage.
            FrameError::Compression(CompressionError::TooLarge { announced: length, .. })
                if length > limit =>
            {
                Self::TooLarge { length, limit }
            }
            error => Self::Unreadable(error),
        }
    }
}

/// A request that was queued. Dropped, it is taken back if it has not been written, else its answer reaches nobody.
#[derive(Debug)]
pub(crate) struct Sent {
    connection: Arc<Connection>,
    stream: u16,
    is_done: bool,
    /// Whether the task that polls is known to the stream already, so that there is nothing to look for yet.
    is_registered: bool,
}

impl Sent {
    /// The connection that carries it.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    pub(super) fn new(connection: Arc<Connection>, stream: u16, is_registered: bool) -> Self {
        Self { connection, stream, is_done: false, is_registered }
    }

    /// Looks for the answer; `None` where there is none and the connection is suspected.
    #[inline]
    pub(crate) fn poll_until_suspected(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Reply, ReplyError>>> {
        // Whoever looks for the first time has not been woken.
        let is_first = self.is_registered;
        match Pin::new(&mut *self).poll(context) {
            Poll::Ready(reply) => Poll::Ready(Some(reply)),
            Poll::Pending if !is_first && self.connection.is_suspected() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    #[inline(never)]
    fn decompress(&self, reply: Reply) -> Result<Reply, ReplyError> {
        let limit = self.connection.config.max_response;
        let reply = self.connection.decompress(reply);
        reply.map_err(|error| self.failed(ReplyError::compressed(error, limit)))
    }

    /// Counts a failure.
    #[cold]
    fn failed(&self, error: ReplyError) -> ReplyError {
        let failed = &self.connection.tally().failed;
        let counter = match error {
            ReplyError::Expired => &failed.timeouts,
            ReplyError::Lost(_) => &failed.connection_lost,
            ReplyError::TooLarge { .. } | ReplyError::Unreadable(_) => &failed.unreadable,
        };
        counter.add_one();
        error
    }

    /// Waits for the answer and reads it.
    pub(crate) async fn decoded(self) -> Result<ResponseBody, ReplyError> {
        let reply = self.await?;
        reply.decode().map_err(|error| ReplyError::Unreadable(error.into()))
    }
}

impl Future for Sent {
    type Output = Result<Reply, ReplyError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::take(&mut self.is_registered) {
            return Poll::Pending;
        }
        let found = self.connection.lock().poll(self.stream, context.waker());
        Poll::Ready(match found {
            state::Poll::Ready(reply) => {
                self.is_done = true;
                match reply.header.is_compressed() {
                    false => Ok(reply),
                    true => self.decompress(reply),
                }
            }
            state::Poll::TooLarge { length } => {
                self.is_done = true;
                let limit = self.connection.config.max_response;
                Err(self.failed(ReplyError::TooLarge { length, limit }))
            }
            state::Poll::Lost(reason) => Err(self.failed(ReplyError::Lost(reason))),
            state::Poll::Expired => Err(self.failed(ReplyError::Expired)),
            state::Poll::Pending => return Poll::Pending,
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

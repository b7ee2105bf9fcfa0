use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::{EncodeError, EncodeRowError, FrameError, ServerError};
use thiserror::Error;

use crate::connection::{ReplyError, SendError};
use crate::execution_info::Record;
use crate::{CloseReason, ExecutionInfo, FailedAttempt, PoolExhausted, Throttled};

/// How much of a statement an error shows, in characters.
const SHOWN: usize = 120;

/// A request that failed: which statement, what happened, and what happened before at other nodes.
#[derive(Debug, Clone)]
pub struct RequestError {
    inner: Box<Inner>,
}

#[derive(Debug, Clone)]
struct Inner {
    statement: String,
    kind: RequestErrorKind,
    record: Record,
}

/// What happened to one attempt.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// Every stream of every connection to the node was taken, or as many bytes waited for the sockets as may.
    #[error("all its connections are full")]
    Busy,
    /// There was no connection, so the request never left.
    #[error("there is no connection: {0}")]
    NotConnected(CloseReason),
    /// The connection was lost while the request waited; it may have been run.
    #[error("the connection was lost: {0}")]
    ConnectionLost(CloseReason),
    /// There was no answer within the time that one attempt may take; it may have been run.
    #[error("no answer within {} ms, the limit of one attempt", after.as_millis())]
    NoAnswer {
        /// How long was waited for this attempt.
        after: Duration,
    },
    /// The server answered with an error.
    #[error("{0}")]
    Server(Box<ServerError>),
    /// The answer is larger than is taken; the connection and all other requests on it go on.
    #[error(
        "its answer has {length} bytes, {limit} are taken: ask for less with a smaller page size or fewer columns, or raise \
         ConnectionConfig::max_response"
    )]
    TooLarge {
        /// Bytes of the answer's body.
        length: usize,
        /// Bytes that it may have.
        limit: usize,
    },
    /// The answer cannot be read.
    #[error("its answer cannot be read: {0}")]
    Unreadable(FrameError),
    /// The answer is none to this request.
    #[error("its answer, {0}, is none to this request")]
    Unexpected(&'static str),
}

/// What kind of failure a request ended with.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// The values do not match the statement's markers; nothing was sent.
    #[error("{0}")]
    Values(#[source] EncodeRowError),
    /// The request cannot be written as the protocol wants it; nothing was sent.
    #[error("the request cannot be written: {0}")]
    Encode(#[source] EncodeError),
    /// The request is larger than may be sent; nothing was sent.
    #[error(
        "the request has {length} bytes, {limit} may be sent: send smaller values or batches, or raise \
         ConnectionConfig::max_request, of which the protocol allows 256 MiB"
    )]
    TooLarge {
        /// Bytes of the request's body.
        length: usize,
        /// Bytes that it may have.
        limit: usize,
    },
    /// There was no answer in time. Whether the statement was run is not known.
    #[error(
        "no answer within {} ms; raise the timeout if the statement may take that long",
        after.as_millis()
    )]
    Timeout {
        /// How long was waited, in all.
        after: Duration,
    },
    /// The last attempt failed, and the retry policy did not want another.
    #[error("{node}: {error}")]
    Failed {
        /// The node that was asked.
        node: SocketAddr,
        /// What happened there.
        error: AttemptError,
    },
    /// No node could take the request.
    #[error(
        "no node of the plan could take the request: none is connected, or all were tried. Check that nodes of the \
         local data center are up"
    )]
    NoNode,
    /// Every node that could take the request has as many as it may have; nothing was sent.
    #[error(transparent)]
    PoolExhausted(PoolExhausted),
    /// The session has as many requests as it may have; nothing was sent.
    #[error(transparent)]
    Throttled(Throttled),
    /// The session has no profile of the name that was asked for; nothing was sent.
    #[error(
        "the session has no execution profile {name:?}: give it to the session's builder, or set it before"
    )]
    UnknownProfile {
        /// The name.
        name: Arc<str>,
    },
    /// The session is shut down, or about to be.
    #[error("the session is shut down")]
    ShutDown,
}

impl AttemptError {
    /// What it means that there is no answer; `None` where the time for it was over.
    pub(crate) fn of_reply(error: ReplyError) -> Option<Self> {
        match error {
            ReplyError::Expired => None,
            ReplyError::Lost(reason) => Some(Self::ConnectionLost(reason)),
            ReplyError::TooLarge { length, limit } => Some(Self::TooLarge { length, limit }),
            ReplyError::Unreadable(error) => Some(Self::Unreadable(error)),
        }
    }
}

impl RequestErrorKind {
    /// What it means that a request to `node` did not leave.
    pub(crate) fn of_send(node: SocketAddr, error: SendError) -> Self {
        let error = match error {
            SendError::Full => AttemptError::Busy,
            SendError::Closed(reason) => AttemptError::NotConnected(reason),
            SendError::Encode(error) => return Self::Encode(error),
            SendError::TooLarge { length, limit } => return Self::TooLarge { length, limit },
        };
        Self::Failed { node, error }
    }
}

impl RequestError {
    pub(crate) fn new(
        statement: &str,
        kind: RequestErrorKind,
        failed: Vec<FailedAttempt>,
        speculations: u32,
    ) -> Self {
        let mut shown: String = statement.chars().take(SHOWN).collect();
        if shown.len() < statement.len() {
            shown.push('…');
        }
        let record = Record { failed, speculations, ..Record::default() };
        Self { inner: Box::new(Inner { statement: shown, kind, record }) }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> &RequestErrorKind {
        &self.inner.kind
    }

    /// The statement, or its beginning. Values are never shown.
    pub fn statement(&self) -> &str {
        &self.inner.statement
    }

    /// Every attempt that failed before the last one, in order.
    pub fn attempts(&self) -> &[FailedAttempt] {
        let Inner { kind, record, .. } = &*self.inner;
        match (kind, record.failed.as_slice()) {
            (RequestErrorKind::Failed { .. }, [before @ .., _]) => before,
            (_, all) => all,
        }
    }

    /// How the request went: every attempt, the last one included, with what it took and what followed.
    pub fn info(&self) -> ExecutionInfo<'_> {
        ExecutionInfo::new(None, Some(&self.inner.record))
    }

    /// The server's error, if it is one that the request ended with.
    pub fn server_error(&self) -> Option<&ServerError> {
        match &self.inner.kind {
            RequestErrorKind::Failed { error: AttemptError::Server(error), .. } => Some(error),
            _ => None,
        }
    }

    /// Whether there was no answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self.inner.kind, RequestErrorKind::Timeout { .. })
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { statement, kind, .. } = &*self.inner;
        let attempts = self.attempts();
        write!(f, "{statement:?} failed: {kind}")?;
        for (index, FailedAttempt { node, error, .. }) in attempts.iter().enumerate() {
            let before = if index == 0 { " (before that: " } else { "; " };
            write!(f, "{before}{node}: {error}")?;
        }
        if attempts.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

impl std::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.inner.kind)
    }
}

use std::net::SocketAddr;
use std::time::Duration;

use helenus_policies::{Priority, Routing, Running};
use helenus_protocol::{Consistency, FrameFlags, QueryParameters, Request, Token};
use tokio::time::Instant;

use super::Session;
use super::attempt::{Attempt, Trouble};
use super::call::Call;
use crate::cluster::ClusterSnapshot;
use crate::connection::SendError;
use crate::statement::StatementOptions;
use crate::{AttemptError, CloseReason, RequestErrorKind};

/// What is asked for, and within which limits: the same for all attempts.
pub(super) struct Ask<'a> {
    pub(super) session: &'a Session,
    pub(super) call: Call<'a>,
    options: &'a StatementOptions,
    paging_state: Option<&'a [u8]>,
    pub(super) is_idempotent: bool,
    token: Option<Token>,
    keyspace: Option<&'a str>,
    pub(super) begun: Instant,
    timeout: Duration,
    pub(super) deadline: Instant,
    attempt_timeout: Option<Duration>,
    pub(super) consistency: Consistency,
    /// By which the load is spread.
    pub(super) seed: u64,
}

impl<'a> Ask<'a> {
    pub(super) fn new(
        session: &'a Session,
        call: Call<'a>,
        options: &'a StatementOptions,
        paging_state: Option<&'a [u8]>,
    ) -> Self {
        let config = &session.inner.config;
        let timeout = options.timeout.unwrap_or(config.request_timeout);
        let begun = Instant::now();
        let (token, keyspace) = call.routing();
        Self {
            session,
            call,
            options,
            paging_state,
            is_idempotent: options.is_idempotent,
            token,
            keyspace,
            begun,
            timeout,
            deadline: begun + timeout,
            attempt_timeout: options.attempt_timeout.or(config.attempt_timeout),
            consistency: options.consistency.unwrap_or(config.consistency),
            seed: super::seed::next(),
        }
    }

    /// What policies go by who choose a node.
    pub(super) fn routing<'c>(
        &self,
        cluster: &'c ClusterSnapshot,
        level: Consistency,
    ) -> Routing<'c> {
        let facts = self.call.facts();
        Routing {
            token: self.token,
            replicas: self.keyspace.and_then(|keyspace| cluster.replicas(keyspace)),
            is_conditional: facts.is_conditional,
            kind: facts.kind,
            ..Routing::new(level, self.seed)
        }
    }

    /// The request as it is sent with this level.
    pub(super) fn request(&self, consistency: Consistency) -> Request<'_> {
        let config = &self.session.inner.config;
        self.call.request(QueryParameters {
            consistency,
            page_size: Some(self.options.page_size.unwrap_or(config.page_size)),
            paging_state: self.paging_state,
            serial_consistency: self.options.serial_consistency,
            timestamp: self.options.timestamp,
            ..QueryParameters::default()
        })
    }

    pub(super) fn flags(&self) -> FrameFlags {
        if self.options.is_traced { FrameFlags::TRACING } else { FrameFlags::NONE }
    }

    /// The first attempt, or another one that begins later.
    #[inline]
    pub(super) fn attempt(&self, begun: Instant, consistency: Consistency) -> Attempt {
        let limit = self.attempt_timeout.map(|limit| begun + limit);
        let deadline = limit.map_or(self.deadline, |limit| self.deadline.min(limit));
        Attempt { begun, deadline, consistency }
    }

    /// Whether another node may be asked while the first has not answered.
    #[inline]
    pub(super) fn may_speculate(&self) -> bool {
        self.is_idempotent && self.session.inner.config.speculation.is_some()
    }

    /// How long the last node may take before another one is asked; `None`: as long as it likes.
    pub(super) fn patience(&self, speculations: u32) -> Option<Duration> {
        let policy = self.session.inner.config.speculation.as_deref()?;
        policy.next(&Running { is_idempotent: self.is_idempotent, speculations })
    }

    /// Tells those who ask other nodes when answers are late how long one took.
    pub(super) fn measure(&self, begun: Instant) {
        if let Some(policy) = self.session.inner.config.speculation.as_deref() {
            let now = Instant::now();
            policy.on_answer(now - begun, now.into_std());
        }
    }

    /// How urgent it is.
    pub(super) fn priority(&self) -> Priority {
        self.options.priority
    }

    /// What it means that an attempt had no answer in time.
    pub(super) fn no_answer(&self, node: SocketAddr, attempt: &Attempt) -> Trouble {
        match self.attempt_timeout.filter(|_| attempt.deadline < self.deadline) {
            Some(after) => Trouble::Attempt { node, error: AttemptError::NoAnswer { after } },
            None => Trouble::Final(RequestErrorKind::Timeout { after: self.timeout }),
        }
    }
}

/// What it means that a request did not leave.
pub(super) fn not_sent(node: SocketAddr, error: SendError) -> Trouble {
    match error {
        SendError::Full => Trouble::Attempt { node, error: AttemptError::Busy },
        SendError::Closed(reason) => not_connected(node, reason),
        SendError::Encode(error) => Trouble::Final(RequestErrorKind::Encode(error)),
    }
}

pub(super) fn not_connected(node: SocketAddr, reason: CloseReason) -> Trouble {
    Trouble::Attempt { node, error: AttemptError::NotConnected(reason) }
}

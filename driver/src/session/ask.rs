use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use helenus_policies::{Routing, Running, TimestampGenerator};
use helenus_protocol::{Consistency, FrameFlags, QueryParameters, Request};
use tokio::time::Instant;

use super::Session;
use super::attempt::{Attempt, Trouble};
use super::call::Call;
use crate::cluster::ClusterSnapshot;
use crate::pool::Aim;
use crate::profile::{Profile, Settings};
use crate::statement::StatementOptions;
use crate::{AttemptError, RequestErrorKind};

/// What is asked for, and within which limits: the same for all attempts.
pub(super) struct Ask<'a> {
    pub(super) session: &'a Session,
    pub(super) call: Call<'a>,
    options: &'a StatementOptions,
    paging_state: Option<&'a [u8]>,
    pub(super) is_idempotent: bool,
    keyspace: Option<&'a str>,
    /// When it was asked for, from which its time runs.
    pub(super) asked: Instant,
    /// When its first attempt begins.
    pub(super) begun: Instant,
    pub(super) deadline: Instant,
    pub(super) settings: Settings,
    timestamp: Option<i64>,
    is_settled: bool,
    /// Whether another node may be asked while the first has not answered.
    pub(super) may_speculate: bool,
    /// By what a node's connection is chosen.
    pub(super) aim: Aim,
}

impl<'a> Ask<'a> {
    #[inline]
    pub(super) fn new(
        session: &'a Session,
        call: Call<'a>,
        options: &'a StatementOptions,
        paging_state: Option<&'a [u8]>,
    ) -> Self {
        let asked = Instant::now();
        let (token, keyspace) = call.routing();
        Self {
            session,
            call,
            options,
            paging_state,
            is_idempotent: options.is_idempotent,
            keyspace,
            asked,
            begun: asked,
            deadline: asked,
            settings: Settings::DEFAULT,
            timestamp: options.timestamp(),
            is_settled: false,
            may_speculate: false,
            aim: Aim { token, seed: super::seed::next() },
        }
    }

    /// The name of the profile that it follows.
    #[inline]
    fn profile_name(&self) -> Option<&'a Arc<str>> {
        self.options.profile.as_ref().or(self.session.profile.as_ref())
    }

    /// The profile that it follows; the default one where there is none of that name.
    #[inline]
    pub(super) fn profile<'c>(&self, cluster: &'c ClusterSnapshot) -> &'c Profile {
        let named = self.profile_name().and_then(|name| cluster.profiles().get(name));
        named.unwrap_or_else(|| cluster.profiles().default())
    }

    /// Takes from its profile what the statement leaves open.
    #[inline]
    pub(super) fn settle(&mut self, cluster: &ClusterSnapshot) -> Result<(), Trouble> {
        if self.is_settled {
            return Ok(());
        }
        self.is_settled = true;
        let profiles = cluster.profiles();
        let profile = match self.profile_name() {
            None => profiles.default(),
            Some(name) => profiles.get(name).ok_or_else(|| {
                Trouble::Final(RequestErrorKind::UnknownProfile { name: Arc::clone(name) })
            })?,
        };
        self.settings = profile.settings;
        self.options.settle(&mut self.settings);
        self.deadline = self.asked + self.settings.request_timeout;
        if let (Some(timestamps), None) = (&self.session.inner.config.timestamps, self.timestamp) {
            self.stamp(&**timestamps);
        }
        self.may_speculate = self.is_idempotent && profile.speculation.is_some();
        Ok(())
    }

    /// Gives what may be a write its timestamp, which is the same for all attempts.
    #[cold]
    fn stamp(&mut self, timestamps: &dyn TimestampGenerator) {
        if self.call.may_write() {
            self.timestamp = timestamps.next(SystemTime::now());
        }
    }

    /// What policies go by who choose a node.
    #[inline]
    pub(super) fn routing<'c>(
        &self,
        cluster: &'c ClusterSnapshot,
        profile: &'c Profile,
        level: Consistency,
    ) -> Routing<'c> {
        let facts = self.call.facts();
        Routing {
            token: self.aim.token,
            replicas: self.keyspace.and_then(|keyspace| cluster.replicas(keyspace)),
            is_conditional: facts.is_conditional,
            kind: facts.kind,
            tags: &profile.tags,
            ..Routing::new(level, self.aim.seed)
        }
    }

    /// The request as it is sent with this level.
    #[inline]
    pub(super) fn request(&self, consistency: Consistency) -> Request<'_> {
        self.call.request(QueryParameters {
            consistency,
            page_size: Some(self.settings.page_size),
            paging_state: self.paging_state,
            serial_consistency: self.settings.serial_consistency.map(Consistency::from),
            timestamp: self.timestamp,
            ..QueryParameters::default()
        })
    }

    pub(super) fn flags(&self) -> FrameFlags {
        if self.settings.is_traced { FrameFlags::TRACING } else { FrameFlags::NONE }
    }

    /// The first attempt, or another one that begins later.
    #[inline]
    pub(super) fn attempt(&self, begun: Instant, consistency: Consistency) -> Attempt {
        let limit = self.settings.attempt_timeout.map(|limit| begun + limit);
        let deadline = limit.map_or(self.deadline, |limit| self.deadline.min(limit));
        Attempt { begun, deadline, consistency }
    }

    /// How long the last node may take before another one is asked; `None`: as long as it likes.
    pub(super) fn patience(&self, speculations: u32) -> Option<Duration> {
        if !self.may_speculate {
            return None;
        }
        let cluster = self.session.inner.cluster.snapshot();
        let policy = self.profile(&cluster).speculation.as_deref()?;
        policy.next(&Running { is_idempotent: self.is_idempotent, speculations })
    }

    /// Tells those who ask other nodes when answers are late how long one took.
    pub(super) fn measure(&self, begun: Instant) {
        if !self.may_speculate {
            return;
        }
        let cluster = self.session.inner.cluster.snapshot();
        if let Some(policy) = self.profile(&cluster).speculation.as_deref() {
            let now = Instant::now();
            policy.on_answer(now - begun, now.into_std());
        }
    }

    /// What it means that an attempt had no answer in time.
    pub(super) fn no_answer(&self, node: SocketAddr, attempt: &Attempt) -> Trouble {
        match self.settings.attempt_timeout.filter(|_| attempt.deadline < self.deadline) {
            Some(after) => Trouble::Attempt { node, error: AttemptError::NoAnswer { after } },
            None => {
                Trouble::Final(RequestErrorKind::Timeout { after: self.settings.request_timeout })
            }
        }
    }
}

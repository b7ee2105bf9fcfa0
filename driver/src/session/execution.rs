use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use helenus_policies::{Plan, Routing};
use helenus_protocol::{
    Consistency, FrameFlags, PlainResult, Prepare, Prepared, Request, Response, Token,
};
use tokio::time::Instant;

use super::Session;
use super::attempt::{Answer, Trouble};
use super::gate::Pass;
use crate::cluster::ClusterSnapshot;
use crate::connection::{Connection, Reply, ReplyError, SendError, Sent};
use crate::result::Page;
use crate::statement::{ResultShape, StatementOptions};
use crate::{
    AttemptError, Batch, FailedAttempt, PreparedStatement, QueryResult, RequestError,
    RequestErrorKind,
};

/// One request on its way: the plan that it follows, and what happened to it so far.
pub(super) struct Execution<'a> {
    pub(super) session: &'a Session,
    cql: &'a str,
    options: &'a StatementOptions,
    pub(super) is_idempotent: bool,
    token: Option<Token>,
    keyspace: Option<&'a str>,
    /// Whose statements may have to be prepared again.
    pub(super) prepared: Option<&'a PreparedStatement>,
    /// What its rows are taken to look like; `None` once that is no longer certain.
    pub(super) shape: Option<&'a ResultShape>,
    pub(super) batch: Option<&'a Batch>,
    timeout: Duration,
    deadline: Instant,
    attempt_timeout: Option<Duration>,
    /// When the attempt under way is given up.
    pub(super) attempt_deadline: Instant,
    pub(super) consistency: Consistency,
    pub(super) retries: u32,
    pub(super) attempts: Vec<FailedAttempt>,
    seed: u64,
    plan: Plan,
    /// The snapshot whose nodes the plan speaks of.
    version: u64,
    pass: Option<Pass<'a>>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(session: &'a Session, cql: &'a str, options: &'a StatementOptions) -> Self {
        let config = &session.inner.config;
        let timeout = options.timeout.unwrap_or(config.request_timeout);
        let attempt_timeout = options.attempt_timeout.or(config.attempt_timeout);
        let now = Instant::now();
        let deadline = now + timeout;
        Self {
            session,
            cql,
            options,
            is_idempotent: options.is_idempotent,
            token: None,
            keyspace: None,
            prepared: None,
            shape: None,
            batch: None,
            timeout,
            deadline,
            attempt_timeout,
            attempt_deadline: attempt_timeout.map_or(deadline, |limit| deadline.min(now + limit)),
            consistency: options.consistency.unwrap_or(config.consistency),
            retries: 0,
            attempts: Vec::new(),
            seed: super::seed::next(),
            plan: Plan::default(),
            version: 0,
            pass: None,
        }
    }

    /// Sends the request to the replicas of a token.
    pub(super) fn route(&mut self, token: Option<Token>, keyspace: Option<&'a str>) {
        self.token = token;
        self.keyspace = keyspace;
    }

    /// Prepares the statement.
    pub(super) async fn prepare(mut self) -> Result<Prepared, RequestError> {
        // Preparing twice is the same as preparing once.
        self.is_idempotent = true;
        let mut request = Request::Prepare(Prepare { cql: self.cql, keyspace: None });
        let outcome = match self.begin(&request, None) {
            Ok(sent) => self.receive(sent).await,
            Err(trouble) => Err(trouble),
        };
        match self.follow(&mut request, outcome).await {
            Ok(Some(Answer { body, connection })) => match body.response {
                Response::Prepared(prepared) => Ok(prepared),
                _ => Err(self.unexpected("which is not PREPARED", &connection)),
            },
            Ok(None) => Err(self.error(RequestErrorKind::NoNode)),
            Err(kind) => Err(self.error(kind)),
        }
    }

    /// Runs the request. Rows come without their columns where the server left them out and they are those of the
    /// shape.
    pub(super) async fn run(
        &mut self,
        request: &mut Request<'_>,
    ) -> Result<QueryResult, RequestError> {
        let begun =
            poll_fn(|context| Poll::Ready(self.begin(request, Some(context.waker())))).await;
        let outcome = match begun {
            Ok(mut sent) => {
                let reply = (&mut sent).await;
                match self.plain_result(reply, &sent) {
                    Ok(result) => return Ok(result),
                    Err(outcome) => *outcome,
                }
            }
            Err(trouble) => Err(trouble),
        };
        // What is rare does not make every request's future larger.
        Box::pin(self.recover(request, outcome)).await
    }

    /// The result, where the answer is one that needs nothing but reading.
    fn plain_result(
        &self,
        reply: Result<Reply, ReplyError>,
        sent: &Sent,
    ) -> Result<QueryResult, Box<Result<Answer, Trouble>>> {
        let coordinator = sent.connection().address();
        let Reply { header, body } =
            reply.map_err(|error| Box::new(Err(self.lost(coordinator, error))))?;
        let page = match PlainResult::decode(header.flags, header.opcode, body) {
            Ok(PlainResult::Void) => None,
            Ok(PlainResult::Rows(rows)) => match self.is_as_asked(rows.metadata.column_count) {
                true => Some(Page::undescribed(rows)),
                // The table has changed: what its columns are now is the statement's to tell.
                false => Some(Page::described(rows, self.prepared, false)),
            },
            Err(body) => {
                let reply = Reply { header, body };
                return Err(Box::new(self.decoded(&reply, sent.connection())));
            }
        };
        Ok(QueryResult::new(coordinator, page))
    }

    fn is_as_asked(&self, columns: usize) -> bool {
        self.shape.is_some_and(|shape| shape.columns.len() == columns)
    }

    async fn recover(
        &mut self,
        request: &mut Request<'_>,
        outcome: Result<Answer, Trouble>,
    ) -> Result<QueryResult, RequestError> {
        match self.follow(request, outcome).await {
            Ok(Some(answer)) => self.result(answer).await,
            Ok(None) => Ok(QueryResult::ignored(self.attempts.last())),
            Err(kind) => Err(self.error(kind)),
        }
    }

    async fn result(&mut self, answer: Answer) -> Result<QueryResult, RequestError> {
        let Answer { body, connection } = answer;
        let first = match body.response {
            Response::Rows(rows) => {
                let shape = self.shape.filter(|_| self.is_as_asked(rows.metadata.column_count));
                Some(Page::described(rows, self.prepared, shape.is_some()))
            }
            Response::Void | Response::SetKeyspace(_) => None,
            Response::SchemaChange(_) => {
                self.agree_on_schema(&connection).await;
                None
            }
            _ => return Err(self.unexpected("which is not a RESULT", &connection)),
        };
        Ok(QueryResult {
            tracing_id: body.tracing_id,
            warnings: body.warnings,
            ..QueryResult::new(connection.address(), first)
        })
    }

    /// Enters the session, and sends the request to the first node of its plan that takes it.
    fn begin(&mut self, request: &Request<'_>, waker: Option<&Waker>) -> Result<Sent, Trouble> {
        self.pass = self.session.inner.gate.enter();
        match self.pass {
            Some(_) => self.send_to_next(request, waker),
            None => Err(Trouble::Final(RequestErrorKind::ShutDown)),
        }
    }

    /// Sends the request to the next node of its plan that takes it.
    pub(super) fn send_to_next(
        &mut self,
        request: &Request<'_>,
        waker: Option<&Waker>,
    ) -> Result<Sent, Trouble> {
        let cluster = self.session.inner.cluster.snapshot();
        let cluster: &ClusterSnapshot = &cluster;
        if self.version != cluster.version() {
            self.version = cluster.version();
            self.plan = Plan::default();
        }
        let routing = Routing {
            token: self.token,
            replicas: self.keyspace.and_then(|keyspace| cluster.replicas(keyspace)),
            consistency: self.consistency,
            is_conditional: false,
            seed: self.seed,
        };
        let policy = self.session.inner.cluster.policy();
        while let Some(node) = self.plan.next(policy, &routing, cluster) {
            let Some(pool) = cluster.pool(node) else { continue };
            let sent = pool.send(request, self.flags(), self.attempt_deadline, self.seed, waker);
            match sent {
                Ok(sent) => return Ok(sent),
                Err(error) => match not_sent(pool.node().address, error) {
                    Trouble::Attempt { node, error } => {
                        self.attempts.push(FailedAttempt { node, error });
                    }
                    done => return Err(done),
                },
            }
        }
        Err(Trouble::Final(self.no_node()))
    }

    /// Sends the request to a node that it was sent to before.
    pub(super) fn send_again(
        &self,
        node: SocketAddr,
        request: &Request<'_>,
    ) -> Result<Sent, Trouble> {
        let cluster = self.session.inner.cluster.snapshot();
        let pool = cluster.pools().iter().find(|pool| pool.node().address == node);
        let sent = pool.map(|pool| {
            pool.send(request, self.flags(), self.attempt_deadline, self.seed, None)
                .map_err(|error| not_sent(node, error))
        });
        let gone = crate::CloseReason::Drained;
        sent.unwrap_or(Err(Trouble::Attempt { node, error: AttemptError::NotConnected(gone) }))
    }

    /// Starts the time of another attempt.
    pub(super) fn renew_attempt(&mut self) {
        if let Some(limit) = self.attempt_timeout {
            self.attempt_deadline = self.deadline.min(Instant::now() + limit);
        }
    }

    /// What it means that an attempt had no answer in time.
    pub(super) fn no_answer(&self, node: SocketAddr) -> Trouble {
        match self.attempt_timeout.filter(|_| self.attempt_deadline < self.deadline) {
            Some(after) => Trouble::Attempt { node, error: AttemptError::NoAnswer { after } },
            None => Trouble::Final(RequestErrorKind::Timeout { after: self.timeout }),
        }
    }

    pub(super) fn flags(&self) -> FrameFlags {
        if self.options.is_traced { FrameFlags::TRACING } else { FrameFlags::NONE }
    }

    /// Waits until what the statement changed is known everywhere, so that the next statement may rely on it.
    async fn agree_on_schema(&self, connection: &Arc<Connection>) {
        let timeout = self.session.inner.config.schema_agreement_timeout;
        if timeout.is_zero() {
            return;
        }
        let cluster = &self.session.inner.cluster;
        if !cluster.agree_on_schema(Arc::clone(connection), timeout).await {
            tracing::warn!(
                statement = self.cql,
                ?timeout,
                "the nodes do not agree on the schema yet"
            );
        }
    }

    fn no_node(&self) -> RequestErrorKind {
        match self.session.inner.gate.is_closed() {
            true => RequestErrorKind::ShutDown,
            false => RequestErrorKind::NoNode,
        }
    }

    fn unexpected(&mut self, what: &'static str, connection: &Connection) -> RequestError {
        let (node, error) = (connection.address(), AttemptError::Unexpected(what));
        self.error(RequestErrorKind::Failed { node, error })
    }

    fn error(&mut self, kind: RequestErrorKind) -> RequestError {
        let counters = &self.session.inner.counters;
        counters.errors.add_one();
        if matches!(kind, RequestErrorKind::Timeout { .. }) {
            counters.timeouts.add_one();
        }
        RequestError::new(self.cql, kind, std::mem::take(&mut self.attempts))
    }
}

/// What it means that a request did not leave.
pub(super) fn not_sent(node: SocketAddr, error: SendError) -> Trouble {
    match error {
        SendError::Full => Trouble::Attempt { node, error: AttemptError::Busy },
        SendError::Closed(reason) => {
            Trouble::Attempt { node, error: AttemptError::NotConnected(reason) }
        }
        SendError::Encode(error) => Trouble::Final(RequestErrorKind::Encode(error)),
    }
}

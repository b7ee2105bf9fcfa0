use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use helenus_policies::{Plan, Routing};
use helenus_protocol::{
    Consistency, FrameFlags, PlainResult, PlainRows, Prepared, QueryParameters, Request, Response,
    Rows, SchemaChange, Token,
};
use tokio::time::Instant;

use super::Session;
use super::attempt::{Answer, Trouble};
use super::call::Call;
use super::gate::Pass;
use crate::cluster::ClusterSnapshot;
use crate::connection::{Connection, Reply, ReplyError, SendError, Sent, Term};
use crate::result::Page;
use crate::statement::{ResultShape, StatementOptions};
use crate::{
    AttemptError, FailedAttempt, PreparedStatement, QueryResult, RequestError, RequestErrorKind,
};

/// One request on its way: the plan that it follows, and what happened to it so far.
pub(super) struct Execution<'a> {
    pub(super) session: &'a Session,
    call: Call<'a>,
    options: &'a StatementOptions,
    paging_state: Option<&'a [u8]>,
    pub(super) is_idempotent: bool,
    token: Option<Token>,
    keyspace: Option<&'a str>,
    /// Whether rows without columns have those of the shape that was asked for.
    is_shape_certain: bool,
    timeout: Duration,
    deadline: Instant,
    attempt_timeout: Option<Duration>,
    /// When the attempt under way began.
    sent: Instant,
    /// When the attempt under way is given up.
    attempt_deadline: Instant,
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
    /// `paging_state` is where the page before ended.
    pub(super) fn new(
        session: &'a Session,
        call: Call<'a>,
        options: &'a StatementOptions,
        paging_state: Option<&'a [u8]>,
    ) -> Self {
        let config = &session.inner.config;
        let timeout = options.timeout.unwrap_or(config.request_timeout);
        let attempt_timeout = options.attempt_timeout.or(config.attempt_timeout);
        let now = Instant::now();
        let deadline = now + timeout;
        let (token, keyspace) = call.routing();
        Self {
            session,
            call,
            options,
            paging_state,
            is_idempotent: options.is_idempotent,
            token,
            keyspace,
            is_shape_certain: true,
            timeout,
            deadline,
            attempt_timeout,
            sent: now,
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

    /// Prepares the statement.
    pub(super) async fn prepare(&mut self) -> Result<Prepared, RequestError> {
        // Preparing twice is the same as preparing once.
        self.is_idempotent = true;
        let outcome = match self.begin(None) {
            Ok(sent) => self.receive(sent).await,
            Err(trouble) => Err(trouble),
        };
        match self.follow(outcome).await {
            Ok(Some(Answer { body, connection })) => match body.response {
                Response::Prepared(prepared) => Ok(prepared),
                _ => Err(self.unexpected("which is not PREPARED", &connection)),
            },
            Ok(None) => Err(self.error(RequestErrorKind::NoNode)),
            Err(kind) => Err(self.error(kind)),
        }
    }

    /// Runs the request.
    pub(super) async fn run(&mut self) -> Result<QueryResult, RequestError> {
        let begun = poll_fn(|context| Poll::Ready(self.begin(Some(context.waker())))).await;
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
        Box::pin(self.recover(outcome)).await
    }

    /// The result, where the answer is one that needs nothing but reading.
    fn plain_result(
        &mut self,
        reply: Result<Reply, ReplyError>,
        sent: &Sent,
    ) -> Result<QueryResult, Box<Result<Answer, Trouble>>> {
        let coordinator = sent.connection().address();
        let Reply { header, body } =
            reply.map_err(|error| Box::new(Err(self.lost(coordinator, error))))?;
        let page = match PlainResult::decode(header.flags, header.opcode, body) {
            Ok(PlainResult::Void) => None,
            Ok(PlainResult::Rows(rows)) => Some(self.page(rows)),
            Err(body) => {
                let reply = Reply { header, body };
                return Err(Box::new(self.decoded(&reply, sent.connection())));
            }
        };
        Ok(QueryResult::new(coordinator, page))
    }

    /// Rows without columns have those that were asked for.
    #[inline]
    fn page(&mut self, rows: PlainRows) -> Page {
        let Call::Execute { statement, shape, .. } = &mut self.call else {
            return Page::new(rows, Arc::default());
        };
        let count = rows.column_count;
        // One execution has one answer, so its shape can go there.
        let shape = shape.take_if(|shape| self.is_shape_certain && shape.columns.len() == count);
        // Where the table has changed, what its columns are now is the statement's to tell.
        Page::new(rows, shape.unwrap_or_else(|| statement.result_shape()))
    }

    /// Rows with their own columns, where they have them.
    fn described_page(&mut self, mut rows: Rows) -> Page {
        if let Call::Execute { statement, .. } = &self.call {
            statement.take_new_shape(&rows.metadata);
        }
        match rows.metadata.columns.take() {
            Some(columns) => {
                let shape = ResultShape { id: None, columns: columns.into() };
                Page::new(rows.into(), Arc::new(shape))
            }
            None => self.page(rows.into()),
        }
    }

    async fn recover(
        &mut self,
        outcome: Result<Answer, Trouble>,
    ) -> Result<QueryResult, RequestError> {
        match self.follow(outcome).await {
            Ok(Some(answer)) => self.result(answer).await,
            Ok(None) => Ok(QueryResult::ignored(self.attempts.last())),
            Err(kind) => Err(self.error(kind)),
        }
    }

    async fn result(&mut self, answer: Answer) -> Result<QueryResult, RequestError> {
        let Answer { body, connection } = answer;
        let first = match body.response {
            Response::Rows(rows) => Some(self.described_page(rows)),
            Response::Void | Response::SetKeyspace(_) => None,
            Response::SchemaChange(change) => {
                self.agree_on_schema(&connection, change).await;
                None
            }
            _ => return Err(self.unexpected("which is not a RESULT", &connection)),
        };
        let result = QueryResult::new(connection.address(), first);
        Ok(result.with_remarks(body.tracing_id, body.warnings))
    }

    /// Enters the session, and sends the request to the first node of its plan that takes it.
    fn begin(&mut self, waker: Option<&Waker>) -> Result<Sent, Trouble> {
        self.pass = self.session.inner.gate.enter();
        match self.pass {
            Some(_) => self.send_to_next(waker),
            None => Err(Trouble::Final(RequestErrorKind::ShutDown)),
        }
    }

    /// Sends the request to the next node of its plan that takes it.
    pub(super) fn send_to_next(&mut self, waker: Option<&Waker>) -> Result<Sent, Trouble> {
        let cluster = self.session.inner.cluster.snapshot();
        let cluster: &ClusterSnapshot = &cluster;
        if self.version != cluster.version() {
            self.version = cluster.version();
            self.plan = Plan::default();
        }
        let facts = self.call.facts();
        let routing = Routing {
            token: self.token,
            replicas: self.keyspace.and_then(|keyspace| cluster.replicas(keyspace)),
            is_conditional: facts.is_conditional,
            kind: facts.kind,
            ..Routing::new(self.consistency, self.seed)
        };
        let policy = self.session.inner.cluster.policy();
        let now = cluster.at(self.sent.into_std());
        while let Some(node) = self.plan.next(policy, &routing, &now) {
            let Some(pool) = cluster.pool(node) else { continue };
            let sent = pool.send(&self.request(), self.flags(), self.term(), self.seed, waker);
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
    pub(super) fn send_again(&self, node: SocketAddr) -> Result<Sent, Trouble> {
        let cluster = self.session.inner.cluster.snapshot();
        let pool = cluster.pools().iter().find(|pool| pool.node().address == node);
        let sent = pool.map(|pool| {
            pool.send(&self.request(), self.flags(), self.term(), self.seed, None)
                .map_err(|error| not_sent(node, error))
        });
        let gone = crate::CloseReason::Drained;
        sent.unwrap_or(Err(Trouble::Attempt { node, error: AttemptError::NotConnected(gone) }))
    }

    /// The request as it is sent now.
    pub(super) fn request(&self) -> Request<'_> {
        let config = &self.session.inner.config;
        self.call.request(QueryParameters {
            consistency: self.consistency,
            page_size: Some(self.options.page_size.unwrap_or(config.page_size)),
            paging_state: self.paging_state,
            serial_consistency: self.options.serial_consistency,
            timestamp: self.options.timestamp,
            ..QueryParameters::default()
        })
    }

    /// The statement that a node calls by this id.
    pub(super) fn statement(&self, id: &[u8]) -> Option<&'a PreparedStatement> {
        self.call.statement(id)
    }

    /// Takes note of a statement that was prepared again: its columns may be others now.
    pub(super) fn doubt_shape(&mut self) {
        self.is_shape_certain = false;
    }

    /// Starts the time of another attempt.
    pub(super) fn renew_attempt(&mut self) {
        self.sent = Instant::now();
        if let Some(limit) = self.attempt_timeout {
            self.attempt_deadline = self.deadline.min(self.sent + limit);
        }
    }

    /// The time of the attempt under way.
    pub(super) fn term(&self) -> Term {
        Term { sent: self.sent, deadline: self.attempt_deadline }
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
    async fn agree_on_schema(&self, connection: &Arc<Connection>, change: SchemaChange) {
        let timeout = self.session.inner.config.schema_agreement_timeout;
        if timeout.is_zero() {
            return;
        }
        let cluster = &self.session.inner.cluster;
        if !cluster.agree_on_schema(Arc::clone(connection), change, timeout).await {
            tracing::warn!(
                statement = self.call.cql(),
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
        RequestError::new(self.call.cql(), kind, std::mem::take(&mut self.attempts))
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

use std::sync::Arc;
use std::time::Duration;

use helenus_policies::{Plan, Routing};
use helenus_protocol::{
    ColumnSpec, Consistency, Prepare, Prepared, Request, Response, ResultMetadata, Token,
};
use tokio::time::Instant;

use super::Session;
use super::attempt::{Answer, Failure};
use super::decision::Step;
use crate::connection::Connection;
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
    pub(super) options: StatementOptions,
    token: Option<Token>,
    keyspace: Option<&'a str>,
    /// Whose statements may have to be prepared again.
    pub(super) prepared: Option<&'a PreparedStatement>,
    /// What its rows are taken to look like; `None` once that is no longer certain.
    pub(super) shape: Option<&'a ResultShape>,
    pub(super) batch: Option<&'a Batch>,
    pub(super) timeout: Duration,
    pub(super) deadline: Instant,
    pub(super) consistency: Consistency,
    pub(super) retries: u32,
    attempts: Vec<FailedAttempt>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(session: &'a Session, cql: &'a str, options: &StatementOptions) -> Self {
        session.inner.counters.requests.add_one();
        let timeout = options.timeout.unwrap_or(session.inner.config.request_timeout);
        Self {
            session,
            cql,
            options: *options,
            token: None,
            keyspace: None,
            prepared: None,
            shape: None,
            batch: None,
            timeout,
            deadline: Instant::now() + timeout,
            consistency: options.consistency.unwrap_or(session.inner.config.consistency),
            retries: 0,
            attempts: Vec::new(),
        }
    }

    /// Sends the request to the replicas of a token.
    pub(super) fn routed(mut self, token: Option<Token>, keyspace: Option<&'a str>) -> Self {
        self.token = token;
        self.keyspace = keyspace;
        self
    }

    /// The statement that the request executes, and what its rows are taken to look like.
    pub(super) fn of_prepared(
        mut self,
        statement: &'a PreparedStatement,
        shape: &'a ResultShape,
    ) -> Self {
        self.prepared = Some(statement);
        self.shape = Some(shape);
        self
    }

    /// The batch that the request carries.
    pub(super) fn of_batch(mut self, batch: &'a Batch) -> Self {
        self.batch = Some(batch);
        self
    }

    /// Prepares the statement.
    pub(super) async fn prepare(mut self) -> Result<Prepared, RequestError> {
        // Preparing twice is the same as preparing once.
        self.options.is_idempotent = true;
        let mut request = Request::Prepare(Prepare { cql: self.cql, keyspace: None });
        match self.follow_plan(&mut request).await {
            Ok(Some(Answer { body, connection })) => match body.response {
                Response::Prepared(prepared) => Ok(prepared),
                _ => Err(self.unexpected("which is not PREPARED", &connection)),
            },
            Ok(None) => Err(self.error(RequestErrorKind::NoNode)),
            Err(kind) => Err(self.error(kind)),
        }
    }

    /// Runs the request.
    pub(super) async fn run(
        mut self,
        mut request: Request<'_>,
    ) -> Result<QueryResult, RequestError> {
        let Answer { body, connection } = match self.follow_plan(&mut request).await {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(QueryResult::ignored(self.attempts.last())),
            Err(kind) => return Err(self.error(kind)),
        };
        let first = match body.response {
            Response::Rows(mut rows) => {
                let columns = self.columns(&mut rows.metadata);
                Some(Page::new(rows, columns))
            }
            Response::Void | Response::SetKeyspace(_) => None,
            Response::SchemaChange(_) => {
                self.agree_on_schema(&connection).await;
                None
            }
            _ => return Err(self.unexpected("which is not a RESULT", &connection)),
        };
        Ok(QueryResult {
            coordinator: connection.address(),
            tracing_id: body.tracing_id,
            warnings: body.warnings,
            first,
            more: Vec::new(),
        })
    }

    /// Follows the plan until an attempt succeeds or nothing more is to be tried. `None`: the retry policy wants the
    /// error ignored.
    async fn follow_plan(
        &mut self,
        request: &mut Request<'_>,
    ) -> Result<Option<Answer>, RequestErrorKind> {
        let session = self.session;
        let Some(_pass) = session.inner.gate.enter() else {
            return Err(RequestErrorKind::ShutDown);
        };
        let cluster = session.inner.cluster.snapshot();
        let routing = Routing {
            token: self.token,
            replicas: self.keyspace.and_then(|keyspace| cluster.replicas(keyspace)),
            consistency: self.consistency,
            is_conditional: false,
            seed: session.next_seed(),
        };
        let policy = session.inner.cluster.policy();
        let mut plan = Plan::default();
        while let Some(node) = plan.next(policy, &routing, &*cluster) {
            let Some(pool) = cluster.pool(node) else { continue };
            loop {
                let error = match self.attempt(pool, request, routing.seed).await {
                    Ok(answer) => return Ok(Some(answer)),
                    Err(Failure::Final(kind)) => return Err(kind),
                    Err(Failure::Attempt(error)) => error,
                };
                let node = pool.node().address;
                let step = self.decide(&error, request);
                if let Step::Rethrow = step {
                    return Err(RequestErrorKind::Failed { node, error });
                }
                self.attempts.push(FailedAttempt { node, error });
                match step {
                    Step::SameNode => {}
                    Step::Ignore => return Ok(None),
                    _ => break,
                }
            }
        }
        Err(self.no_node())
    }

    /// The columns of an answer: its own, or, where it leaves them out, those that the statement is known to have.
    fn columns(&self, metadata: &mut ResultMetadata) -> Arc<[ColumnSpec]> {
        if let Some(statement) = self.prepared {
            statement.take_new_shape(metadata);
        }
        if let Some(columns) = metadata.columns.take() {
            return columns.into();
        }
        let is_as_asked = |shape: &&ResultShape| shape.columns.len() == metadata.column_count;
        match (self.shape.filter(is_as_asked), self.prepared) {
            (Some(shape), _) => Arc::clone(&shape.columns),
            (None, Some(statement)) => statement.columns(),
            (None, None) => Arc::default(),
        }
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

    fn unexpected(self, what: &'static str, connection: &Connection) -> RequestError {
        let (node, error) = (connection.address(), AttemptError::Unexpected(what));
        self.error(RequestErrorKind::Failed { node, error })
    }

    fn error(self, kind: RequestErrorKind) -> RequestError {
        let counters = &self.session.inner.counters;
        counters.errors.add_one();
        if matches!(kind, RequestErrorKind::Timeout { .. }) {
            counters.timeouts.add_one();
        }
        RequestError::new(self.cql, kind, self.attempts)
    }
}

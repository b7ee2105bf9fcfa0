use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use helenus_protocol::{PlainResult, PlainRows, Prepared, Response, Rows, SchemaChange};
use tokio::time::Instant;

use super::Session;
use super::ask::Ask;
use super::attempt::{Answer, Attempt, Outcome, Stage, Trouble};
use super::call::Call;
use super::course::Course;
use super::limiter::Limiter;
use super::race::{Ending, Race, due};
use crate::connection::{Connection, Reply, ReplyError, Sent};
use crate::result::Page;
use crate::statement::{ResultShape, StatementOptions};
use crate::{
    AttemptDecision, AttemptError, FailedAttempt, QueryResult, RequestError, RequestErrorKind,
};

/// One request on its way: what it asks for, and how far it is.
pub(super) struct Execution<'a> {
    ask: Ask<'a>,
    course: Course<'a>,
}

impl<'a> Execution<'a> {
    /// `paging_state` is where the page before ended.
    pub(super) fn new(
        session: &'a Session,
        call: Call<'a>,
        options: &'a StatementOptions,
        paging_state: Option<&'a [u8]>,
    ) -> Self {
        Self { ask: Ask::new(session, call, options, paging_state), course: Course::default() }
    }

    /// Prepares the statement.
    pub(super) async fn prepare(&mut self) -> Result<Prepared, RequestError> {
        // Preparing twice is the same as preparing once.
        self.ask.is_idempotent = true;
        if let Some(limiter) = &self.ask.session.inner.limiter {
            Box::pin(self.enter(limiter)).await?;
        }
        let begun = self.begin(None);
        let attempt = self.first_attempt();
        let stage = match begun {
            Ok(sent) => Stage::Watched(sent),
            Err(trouble) => Stage::Came(Box::new(Err(trouble))),
        };
        match self.follow(attempt, stage).await {
            Ok(Some(Answer { body, connection, .. })) => match body.response {
                Response::Prepared(prepared) => Ok(prepared),
                _ => Err(self.unexpected("which is not PREPARED", &connection)),
            },
            Ok(None) => Err(self.error(RequestErrorKind::NoNode)),
            Err(kind) => Err(self.error(kind)),
        }
    }

    /// Runs the request.
    pub(super) fn run(&mut self) -> impl Future<Output = Result<QueryResult, RequestError>> {
        self.run_as::<false>()
    }

    /// Runs a request whose answer nobody waits for yet: a shutdown waits for the connection that carries it, not for
    /// whoever may look at the answer some day.
    pub(super) fn run_ahead(&mut self) -> impl Future<Output = Result<QueryResult, RequestError>> {
        self.run_as::<true>()
    }

    async fn run_as<const IS_AHEAD: bool>(&mut self) -> Result<QueryResult, RequestError> {
        if let Some(limiter) = &self.ask.session.inner.limiter {
            Box::pin(self.enter(limiter)).await?;
        }
        let begun = poll_fn(|context| Poll::Ready(self.begin(Some(context.waker())))).await;
        if IS_AHEAD {
            self.course.pass = None;
        }
        let attempt = self.first_attempt();
        let stage = match begun {
            Ok(mut sent) => {
                let reply = match self.ask.may_speculate {
                    false => poll_fn(|context| sent.poll_until_suspected(context)).await,
                    // Few requests have a timer.
                    true => Box::pin(self.in_time(&mut sent)).await,
                };
                match reply {
                    Some(reply) => match self.plain_result(reply, &sent, &attempt) {
                        Ok(result) => return Ok(result),
                        Err(outcome) => Stage::Came(outcome),
                    },
                    None if self.ask.is_idempotent => Stage::Watched(sent),
                    None => Stage::Sent(sent),
                }
            }
            Err(trouble) => Stage::Came(Box::new(Err(trouble))),
        };
        // What is rare does not make every request's future larger.
        Box::pin(self.recover(attempt, stage)).await
    }

    /// Waits for its turn where the session limits its requests.
    async fn enter(&mut self, limiter: &'a Limiter) -> Result<(), RequestError> {
        // An unknown profile is told when the request is sent; until then there is no time to wait.
        let _ = self.ask.settle(&self.ask.session.inner.cluster.snapshot());
        let (priority, deadline) = (self.ask.settings.priority, self.ask.deadline);
        match limiter.admit(priority, self.ask.asked, deadline).await {
            Ok(permit) => {
                self.course.permit = Some(permit);
                self.ask.begun = Instant::now();
                Ok(())
            }
            Err(throttled) => Err(self.error(RequestErrorKind::Throttled(throttled))),
        }
    }

    #[inline]
    fn first_attempt(&self) -> Attempt {
        self.ask.attempt(self.ask.begun, self.ask.settings.consistency)
    }

    /// Enters the session, and sends the request to the first node of its plan that takes it.
    #[inline]
    fn begin(&mut self, waker: Option<&Waker>) -> Result<Sent, Trouble> {
        let inner = &self.ask.session.inner;
        self.course.pass = inner.gate.enter();
        if self.course.pass.is_none() {
            return Err(Trouble::Final(RequestErrorKind::ShutDown));
        }
        inner.budget.deposit();
        let cluster = inner.cluster.snapshot();
        self.ask.settle(&cluster)?;
        let attempt = self.first_attempt();
        self.course.send_to_next_of(&cluster, &self.ask, &attempt, waker)
    }

    /// The reply, unless the policy has another node asked before it comes, or its connection is suspected.
    async fn in_time(&self, sent: &mut Sent) -> Option<Result<Reply, ReplyError>> {
        let impatient_at = self.ask.patience(0).map(|patience| self.ask.begun + patience);
        let reply = tokio::select! {
            biased;
            reply = poll_fn(|context| sent.poll_until_suspected(context)) => reply,
            () = due(impatient_at) => None,
        };
        if let Some(Ok(_)) = reply {
            self.ask.measure(self.ask.begun);
        }
        reply
    }

    /// The result, where the answer is one that needs nothing but reading.
    #[inline]
    fn plain_result(
        &mut self,
        reply: Result<Reply, ReplyError>,
        sent: &Sent,
        attempt: &Attempt,
    ) -> Result<QueryResult, Box<Outcome>> {
        let coordinator = sent.connection().address();
        let Reply { header, body } =
            reply.map_err(|error| Box::new(Err(self.ask.lost(coordinator, error, attempt))))?;
        let page = match PlainResult::decode(header.flags, header.opcode, body) {
            Ok(PlainResult::Void) => None,
            Ok(PlainResult::Rows(rows)) => Some(self.page(rows)),
            Err(body) => {
                let reply = Reply { header, body };
                return Err(Box::new(self.ask.decoded(&reply, sent.connection(), attempt)));
            }
        };
        let mut result = QueryResult::new(coordinator, page);
        if !self.course.failed.is_empty() {
            result.record(std::mem::take(&mut self.course.failed), 0);
        }
        Ok(result)
    }

    /// Rows without columns have those that were asked for.
    #[inline]
    fn page(&mut self, rows: PlainRows) -> Page {
        let Call::Execute { statement, shape, .. } = &mut self.ask.call else {
            return Page::new(rows, Arc::default());
        };
        let count = rows.column_count;
        // One execution has one answer, so its shape can go there.
        let shape = shape.take_if(|shape| shape.columns.len() == count);
        // Where the table has changed, what its columns are now is the statement's to tell.
        Page::new(rows, shape.unwrap_or_else(|| statement.result_shape()).into_owned())
    }

    /// Rows with their own columns, where they have them.
    fn described_page(&mut self, mut rows: Rows) -> Page {
        if let Call::Execute { statement, .. } = &self.ask.call {
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

    async fn follow(&mut self, attempt: Attempt, stage: Stage) -> Ending {
        Race::new(&self.ask, &mut self.course, attempt, stage).run().await
    }

    async fn recover(
        &mut self,
        attempt: Attempt,
        stage: Stage,
    ) -> Result<QueryResult, RequestError> {
        let mut result = match self.follow(attempt, stage).await {
            Ok(Some(answer)) => self.result(answer).await?,
            Ok(None) => QueryResult::ignored(self.course.failed.last()),
            Err(kind) => return Err(self.error(kind)),
        };
        let Course { failed, speculations, .. } = &mut self.course;
        result.record(std::mem::take(failed), *speculations);
        Ok(result)
    }

    async fn result(&mut self, answer: Answer) -> Result<QueryResult, RequestError> {
        let Answer { body, connection, is_reprepared } = answer;
        if is_reprepared && let Call::Execute { shape, .. } = &mut self.ask.call {
            *shape = None;
        }
        let mut has_agreed = None;
        let first = match body.response {
            Response::Rows(rows) => Some(self.described_page(rows)),
            Response::Void => None,
            Response::SetKeyspace(keyspace) => {
                let followed = self.ask.session.follow_keyspace(&connection, &keyspace);
                Box::pin(followed).await.map_err(|kind| self.error(kind))?;
                None
            }
            Response::SchemaChange(change) => {
                connection.forget_latency();
                has_agreed = self.agree_on_schema(&connection, change).await;
                None
            }
            _ => return Err(self.unexpected("which is not a RESULT", &connection)),
        };
        let result = QueryResult::new(connection.address(), first);
        Ok(result.with_remarks(body.tracing_id, body.warnings, has_agreed))
    }

    /// Waits until what the statement changed is known everywhere, so that the next statement may rely on it. `None`:
    /// it is not waited for.
    async fn agree_on_schema(
        &self,
        connection: &Arc<Connection>,
        change: SchemaChange,
    ) -> Option<bool> {
        let inner = &self.ask.session.inner;
        let timeout = inner.config.schema_agreement_timeout;
        if timeout.is_zero() {
            return None;
        }
        let has_agreed =
            inner.cluster.agree_on_schema(Arc::clone(connection), change, timeout).await;
        if !has_agreed {
            let statement = self.ask.call.cql();
            tracing::warn!(statement, ?timeout, "the nodes do not agree on the schema yet");
        }
        Some(has_agreed)
    }

    fn unexpected(&mut self, what: &'static str, connection: &Connection) -> RequestError {
        let (node, error) = (connection.address(), AttemptError::Unexpected(what));
        self.course.failed.push(FailedAttempt {
            node,
            error: error.clone(),
            duration: self.ask.begun.elapsed(),
            decision: AttemptDecision::GaveUp,
        });
        self.error(RequestErrorKind::Failed { node, error })
    }

    fn error(&mut self, kind: RequestErrorKind) -> RequestError {
        let counters = &self.ask.session.inner.counters;
        counters.errors.add_one();
        if matches!(kind, RequestErrorKind::Timeout { .. }) {
            counters.timeouts.add_one();
        }
        if matches!(kind, RequestErrorKind::NoNode | RequestErrorKind::PoolExhausted(_)) {
            self.ask.session.inner.cluster.pools().events.emit_exhausted();
        }
        let Course { failed, speculations, .. } = &mut self.course;
        RequestError::new(self.ask.call.cql(), kind, std::mem::take(failed), *speculations)
    }
}

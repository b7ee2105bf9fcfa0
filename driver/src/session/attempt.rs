use std::sync::Arc;

use helenus_protocol::{ErrorKind, FrameFlags, Prepare, Request, Response, ResponseBody};

use super::execution::Execution;
use crate::connection::{Connection, ReplyError, SendError, Sent};
use crate::pool::Pool;
use crate::{AttemptError, RequestErrorKind};

/// An answer with the connection that it came over.
pub(super) struct Answer {
    pub(super) body: ResponseBody,
    pub(super) connection: Arc<Connection>,
}

/// Why an attempt gave no answer.
pub(super) enum Failure {
    /// Another attempt may do better.
    Attempt(AttemptError),
    /// No other attempt can.
    Final(RequestErrorKind),
}

impl Execution<'_> {
    /// Asks one node, and teaches it the statement where it has forgotten it.
    pub(super) async fn attempt(
        &self,
        pool: &Pool,
        request: &Request<'_>,
        random: u64,
    ) -> Result<Answer, Failure> {
        let sent = pool.send(request, self.flags(), self.deadline, random);
        let answer = self.receive(sent).await?;
        let Response::Error(error) = &answer.body.response else { return Ok(answer) };
        let forgotten = match &error.kind {
            ErrorKind::Unprepared { id } => {
                self.prepared.or_else(|| self.batch.and_then(|batch| batch.prepared(id)))
            }
            _ => None,
        };
        let Some(statement) = forgotten else { return without_error(answer) };
        self.session.inner.counters.reprepared.add_one();
        let prepare = Request::Prepare(Prepare { cql: statement.cql(), keyspace: None });
        self.ask(&answer.connection, &prepare).await?;
        self.ask(&answer.connection, request).await
    }

    async fn ask(
        &self,
        connection: &Arc<Connection>,
        request: &Request<'_>,
    ) -> Result<Answer, Failure> {
        let sent = connection.send(request, self.flags(), self.deadline);
        without_error(self.receive(sent).await?)
    }

    async fn receive(&self, sent: Result<Sent, SendError>) -> Result<Answer, Failure> {
        let sent = sent.map_err(|error| match error {
            SendError::Full => Failure::Attempt(AttemptError::Busy),
            SendError::Closed(reason) => Failure::Attempt(AttemptError::NotConnected(reason)),
            SendError::Encode(error) => Failure::Final(RequestErrorKind::Encode(error)),
        })?;
        let connection = Arc::clone(sent.connection());
        match sent.await {
            Ok(body) => Ok(Answer { body, connection }),
            Err(ReplyError::Expired) => {
                Err(Failure::Final(RequestErrorKind::Timeout { after: self.timeout }))
            }
            Err(ReplyError::Lost(reason)) => {
                Err(Failure::Attempt(AttemptError::ConnectionLost(reason)))
            }
            Err(ReplyError::Unreadable(error)) => {
                Err(Failure::Attempt(AttemptError::Unreadable(error)))
            }
        }
    }

    fn flags(&self) -> FrameFlags {
        if self.options.is_traced { FrameFlags::TRACING } else { FrameFlags::NONE }
    }
}

fn without_error(answer: Answer) -> Result<Answer, Failure> {
    match answer.body.response {
        Response::Error(error) => Err(Failure::Attempt(AttemptError::Server(Box::new(error)))),
        _ => Ok(answer),
    }
}

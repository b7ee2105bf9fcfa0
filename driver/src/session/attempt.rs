use std::sync::Arc;

use helenus_protocol::{
    ErrorKind, FrameFlags, Prepare, Request, Response, ResponseBody, ServerError,
};

use super::execution::Execution;
use crate::connection::{Connection, ReplyError, SendError, Sent};
use crate::pool::Pool;
use crate::{AttemptError, PreparedStatement, RequestErrorKind};

/// How often a statement is prepared again for one attempt: while several clients prepare the same statement on a
/// node, Cassandra may throw it out again between PREPARE and EXECUTE.
const MAX_PREPARES: usize = 3;

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

impl<'a> Execution<'a> {
    /// Asks one node, and teaches it the statement where it has forgotten it.
    pub(super) async fn attempt(
        &mut self,
        pool: &Pool,
        request: &Request<'_>,
        random: u64,
    ) -> Result<Answer, Failure> {
        let sent = pool.send(request, self.flags(), self.deadline, random);
        let mut answer = self.receive(sent).await?;
        for _ in 0..MAX_PREPARES {
            let Some(statement) = self.forgotten(&answer) else { break };
            self.session.inner.counters.reprepared.add_one();
            let prepare = Request::Prepare(Prepare { cql: statement.cql(), keyspace: None });
            let sent = answer.connection.send(&prepare, FrameFlags::NONE, self.deadline);
            let prepared = without_error(self.receive(sent).await?)?;
            if let Response::Prepared(prepared) = prepared.body.response {
                statement.take_prepared(prepared);
            }
            let sent = answer.connection.send(request, self.flags(), self.deadline);
            answer = self.receive(sent).await?;
            self.shape = None;
        }
        without_error(answer)
    }

    /// The statement that the node says it has forgotten.
    fn forgotten(&self, answer: &Answer) -> Option<&'a PreparedStatement> {
        match &answer.body.response {
            Response::Error(ServerError { kind: ErrorKind::Unprepared { id }, .. }) => {
                self.prepared.or_else(|| self.batch?.prepared(id))
            }
            _ => None,
        }
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

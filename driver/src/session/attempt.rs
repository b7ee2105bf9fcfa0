use std::net::SocketAddr;
use std::sync::Arc;

use helenus_protocol::{
    ErrorKind, FrameFlags, Prepare, Request, Response, ResponseBody, ServerError,
};
use tokio::time::Instant;

use super::decision::Step;
use super::execution::{Execution, not_sent};
use crate::connection::{Connection, Reply, ReplyError, SendError, Sent, Term};
use crate::{AttemptError, FailedAttempt, PreparedStatement, RequestErrorKind};

/// How often a statement is prepared again for one attempt: while several clients prepare the same statement on a
/// node, Cassandra may throw it out again between PREPARE and EXECUTE.
const MAX_PREPARES: usize = 3;

/// An answer with the connection that it came over.
pub(super) struct Answer {
    pub(super) body: ResponseBody,
    pub(super) connection: Arc<Connection>,
}

/// Why an attempt gave no answer.
pub(super) enum Trouble {
    /// Another attempt may do better.
    Attempt {
        /// The node that was asked.
        node: SocketAddr,
        /// What happened.
        error: AttemptError,
    },
    /// No other attempt can.
    Final(RequestErrorKind),
}

impl<'a> Execution<'a> {
    /// Goes on from what came of the first attempt until one succeeds or nothing more is to be tried. `None`: the
    /// retry policy wants the error ignored.
    pub(super) async fn follow(
        &mut self,
        mut outcome: Result<Answer, Trouble>,
    ) -> Result<Option<Answer>, RequestErrorKind> {
        loop {
            let taught = match outcome {
                Ok(answer) => self.teach(answer).await,
                Err(trouble) => Err(trouble),
            };
            let (node, error) = match taught {
                Ok(answer) => return Ok(Some(answer)),
                Err(Trouble::Final(kind)) => return Err(kind),
                Err(Trouble::Attempt { node, error }) => (node, error),
            };
            let step = self.decide(&error);
            if let Step::Rethrow = step {
                return Err(RequestErrorKind::Failed { node, error });
            }
            self.attempts.push(FailedAttempt { node, error });
            self.renew_attempt();
            let sent = match step {
                Step::SameNode => self.send_again(node),
                Step::Ignore => return Ok(None),
                _ => self.send_to_next(None),
            };
            outcome = match sent {
                Ok(sent) => self.receive(sent).await,
                Err(trouble) => Err(trouble),
            };
        }
    }

    /// Teaches the node the statement where it has forgotten it, and asks again.
    async fn teach(&mut self, mut answer: Answer) -> Result<Answer, Trouble> {
        for _ in 0..MAX_PREPARES {
            let Some(statement) = self.forgotten(&answer) else { break };
            self.session.inner.counters.reprepared.add_one();
            let prepare = Request::Prepare(Prepare { cql: statement.cql(), keyspace: None });
            let connection = answer.connection;
            let prepared = self.ask(&connection, &prepare, FrameFlags::NONE).await?;
            if let Response::Prepared(prepared) = without_error(prepared)?.body.response {
                statement.take_prepared(prepared);
            }
            answer = self.ask(&connection, &self.request(), self.flags()).await?;
            self.doubt_shape();
        }
        without_error(answer)
    }

    /// The statement that the node says it has forgotten.
    fn forgotten(&self, answer: &Answer) -> Option<&'a PreparedStatement> {
        match &answer.body.response {
            Response::Error(ServerError { kind: ErrorKind::Unprepared { id }, .. }) => {
                self.statement(id)
            }
            _ => None,
        }
    }

    async fn ask(
        &self,
        connection: &Arc<Connection>,
        request: &Request<'_>,
        flags: FrameFlags,
    ) -> Result<Answer, Trouble> {
        let term = Term { sent: Instant::now(), ..self.term() };
        let sent: Result<Sent, SendError> = connection.send(request, flags, term, None);
        self.receive(sent.map_err(|error| not_sent(connection.address(), error))?).await
    }

    /// Waits for the answer.
    pub(super) async fn receive(&self, mut sent: Sent) -> Result<Answer, Trouble> {
        let reply = (&mut sent).await;
        let reply = reply.map_err(|error| self.lost(sent.connection().address(), error))?;
        self.decoded(&reply, sent.connection())
    }

    pub(super) fn decoded(
        &self,
        reply: &Reply,
        connection: &Arc<Connection>,
    ) -> Result<Answer, Trouble> {
        let body = reply.decode().map_err(|error| {
            self.lost(connection.address(), ReplyError::Unreadable(error.into()))
        })?;
        Ok(Answer { body, connection: Arc::clone(connection) })
    }

    /// What it means that there is no answer.
    pub(super) fn lost(&self, node: SocketAddr, error: ReplyError) -> Trouble {
        let error = match error {
            ReplyError::Expired => return self.no_answer(node),
            ReplyError::Lost(reason) => AttemptError::ConnectionLost(reason),
            ReplyError::Unreadable(error) => AttemptError::Unreadable(error),
        };
        Trouble::Attempt { node, error }
    }
}

fn without_error(answer: Answer) -> Result<Answer, Trouble> {
    let node = answer.connection.address();
    match answer.body.response {
        Response::Error(error) => {
            Err(Trouble::Attempt { node, error: AttemptError::Server(Box::new(error)) })
        }
        _ => Ok(answer),
    }
}

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;

use helenus_protocol::{
    Consistency, ErrorKind, FrameFlags, Prepare, ProtocolVersion, Request, Response, ResponseBody,
    ServerError,
};
use tokio::time::{Instant, sleep_until};

use super::ask::Ask;
use crate::connection::{Connection, Reply, ReplyError, SendError, Sent, Term};
use crate::pool::{Pool, Waiting};
use crate::{AttemptError, CloseReason, PreparedStatement, RequestErrorKind};

/// How often a statement is prepared again for one attempt: while several clients prepare the same statement on a
/// node, Cassandra may throw it out again between PREPARE and EXECUTE.
const MAX_PREPARES: usize = 3;

/// One try at one node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) begun: Instant,
    /// When it is given up.
    pub(super) deadline: Instant,
    pub(super) consistency: Consistency,
}

impl Attempt {
    pub(super) fn term(&self) -> Term {
        Term { sent: self.begun, deadline: self.deadline }
    }
}

/// How far an attempt is.
pub(super) enum Stage {
    /// Its answer is awaited, whatever is thought of its connection.
    Sent(Sent),
    /// Its answer is awaited until its connection is suspected.
    Watched(Sent),
    /// Its answer came, or none will.
    Came(Box<Outcome>),
    /// It waits before it asks: the node that it is for, or the next one of the plan.
    Resting { until: Instant, node: Option<SocketAddr> },
    /// It waits for room at any of several nodes.
    Queued(Queued),
}

/// A place in the queues of nodes.
pub(super) struct Queued {
    pub(super) waiting: Waiting,
    pub(super) since: Instant,
    pub(super) until: Instant,
}

/// What became of an attempt.
pub(super) enum Event {
    Ended(Attempt, Box<Outcome>),
    Suspected(Attempt, Sent),
    Rested(Attempt, Option<SocketAddr>),
    /// Its turn has come, unless the time was over before.
    Called(Attempt, Queued, bool),
}

/// What an attempt gave.
pub(super) type Outcome = Result<Answer, Trouble>;

/// An answer with the connection that it came over.
pub(super) struct Answer {
    pub(super) body: ResponseBody,
    pub(super) connection: Arc<Connection>,
    /// Whether the statement was prepared again for it: its columns may be others now.
    pub(super) is_reprepared: bool,
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
    /// These nodes might take it, and all of them are full.
    Full(Vec<Arc<Pool>>),
}

impl<'a> Ask<'a> {
    /// Follows an attempt until something is to be decided.
    pub(super) async fn advance(&self, attempt: Attempt, stage: Stage) -> Event {
        let came = match stage {
            Stage::Came(outcome) => *outcome,
            Stage::Sent(sent) => self.receive(sent, &attempt).await,
            Stage::Watched(mut sent) => {
                match poll_fn(|context| sent.poll_until_suspected(context)).await {
                    Some(reply) => self.answer(reply, &sent, &attempt),
                    None => return Event::Suspected(attempt, sent),
                }
            }
            Stage::Queued(queued) => {
                let in_time = queued.waiting.called(queued.until).await;
                return Event::Called(attempt, queued, in_time);
            }
            Stage::Resting { until, node } => {
                sleep_until(until).await;
                return Event::Rested(attempt, node);
            }
        };
        let outcome = match came {
            Ok(answer) => self.teach(answer, &attempt).await,
            Err(trouble) => Err(trouble),
        };
        Event::Ended(attempt, Box::new(outcome))
    }

    /// Teaches the node the statement where it has forgotten it, and asks again.
    async fn teach(&self, mut answer: Answer, attempt: &Attempt) -> Outcome {
        let mut keyspace = None;
        for _ in 0..MAX_PREPARES {
            let Some(statement) = self.forgotten(&answer) else { break };
            self.session.inner.counters.reprepared.add_one();
            let prepare = Request::Prepare(Prepare { cql: statement.cql(), keyspace });
            let connection = answer.connection;
            let prepared = self.ask(&connection, &prepare, FrameFlags::NONE, attempt).await?;
            if let Response::Prepared(prepared) = without_error(prepared)?.body.response {
                // In the session's present keyspace it is another one. v4 cannot say which is meant.
                let is_same = statement.take_prepared(prepared);
                let can_name_it = connection.version() >= ProtocolVersion::V5;
                keyspace = statement.keyspace().filter(|_| !is_same && can_name_it);
            }
            let request = self.request(attempt.consistency);
            answer = self.ask(&connection, &request, self.flags(), attempt).await?;
            answer.is_reprepared = true;
        }
        without_error(answer)
    }

    /// The statement that the node says it has forgotten.
    fn forgotten(&self, answer: &Answer) -> Option<&'a PreparedStatement> {
        match &answer.body.response {
            Response::Error(ServerError { kind: ErrorKind::Unprepared { id }, .. }) => {
                self.call.statement(id)
            }
            _ => None,
        }
    }

    async fn ask(
        &self,
        connection: &Arc<Connection>,
        request: &Request<'_>,
        flags: FrameFlags,
        attempt: &Attempt,
    ) -> Outcome {
        let sent =
            connection.send(request, flags, Term { sent: Instant::now(), ..attempt.term() }, None);
        let sent = sent.map_err(|error| Trouble::of_send(connection.address(), error))?;
        self.receive(sent, attempt).await
    }

    /// Waits for the answer.
    async fn receive(&self, mut sent: Sent, attempt: &Attempt) -> Outcome {
        let reply = (&mut sent).await;
        self.answer(reply, &sent, attempt)
    }

    fn answer(&self, reply: Result<Reply, ReplyError>, sent: &Sent, attempt: &Attempt) -> Outcome {
        let lost = |error| self.lost(sent.connection().address(), error, attempt);
        self.decoded(&reply.map_err(lost)?, sent.connection(), attempt)
    }

    pub(super) fn decoded(
        &self,
        reply: &Reply,
        connection: &Arc<Connection>,
        attempt: &Attempt,
    ) -> Outcome {
        let body = reply.decode().map_err(|error| {
            self.lost(connection.address(), ReplyError::Unreadable(error.into()), attempt)
        })?;
        if let Response::Error(error) = &body.response {
            connection.tally().failed.count(&error.kind);
            if error.is_shutting_down() {
                connection.drain(CloseReason::ShuttingDown);
            }
        }
        Ok(Answer { body, connection: Arc::clone(connection), is_reprepared: false })
    }

    /// What it means that there is no answer.
    pub(super) fn lost(&self, node: SocketAddr, error: ReplyError, attempt: &Attempt) -> Trouble {
        match AttemptError::of_reply(error) {
            Some(error) => Trouble::Attempt { node, error },
            None => self.no_answer(node, attempt),
        }
    }
}

impl Trouble {
    /// What it means that a request to `node` did not leave.
    pub(super) fn of_send(node: SocketAddr, error: SendError) -> Self {
        match RequestErrorKind::of_send(node, error) {
            RequestErrorKind::Failed { node, error } => Self::Attempt { node, error },
            kind => Self::Final(kind),
        }
    }
}

fn without_error(answer: Answer) -> Outcome {
    let node = answer.connection.address();
    match answer.body.response {
        Response::Error(error) => {
            Err(Trouble::Attempt { node, error: AttemptError::Server(Box::new(error)) })
        }
        _ => Ok(answer),
    }
}

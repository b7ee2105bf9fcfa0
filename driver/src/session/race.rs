mod queueing;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use helenus_protocol::ErrorKind;
use tokio::time::Instant;

use super::ask::Ask;
use super::attempt::{Answer, Attempt, Event, Stage, Trouble};
use super::course::{Course, send_again};
use super::decision::{Step, is_statements_own, was_not_run};
use crate::alarm::alarm;
use crate::connection::Sent;
use crate::{AttemptDecision, AttemptError, FailedAttempt, RequestErrorKind};

/// How a request ended; `None`: the retry policy wanted an error ignored.
pub(super) type Ending = Result<Option<Answer>, RequestErrorKind>;

type UnderWay<'r> = Pin<Box<dyn Future<Output = Event> + Send + Sync + 'r>>;

/// The attempts of one request, of which several may be under way on different nodes. The first good answer wins, and
/// the others are dropped.
pub(super) struct Race<'r, 'a> {
    ask: &'r Ask<'a>,
    course: &'r mut Course<'a>,
    under_way: FuturesUnordered<UnderWay<'r>>,
    /// When those began that wait for an answer.
    begun: Vec<Instant>,
    /// When another node is asked if there is no answer until then.
    impatient_at: Option<Instant>,
}

impl<'r, 'a> Race<'r, 'a> {
    /// A race that begins with one attempt.
    pub(super) fn new(
        ask: &'r Ask<'a>,
        course: &'r mut Course<'a>,
        attempt: Attempt,
        first: Stage,
    ) -> Self {
        let is_waiting = matches!(first, Stage::Sent(_) | Stage::Watched(_));
        let patience = ask.patience(0).filter(|_| is_waiting);
        let mut race = Self {
            ask,
            course,
            under_way: FuturesUnordered::new(),
            begun: Vec::new(),
            impatient_at: patience.map(|patience| attempt.begun + patience),
        };
        race.add(attempt, first);
        race
    }

    /// Goes on until an attempt succeeds or nothing more is to be tried.
    pub(super) async fn run(mut self) -> Ending {
        loop {
            let event = tokio::select! {
                biased;
                Some(event) = self.under_way.next() => event,
                () = due(self.impatient_at) => {
                    self.speculate();
                    continue;
                }
            };
            let ending = match event {
                Event::Ended(attempt, outcome) => {
                    match *outcome {
                        Ok(answer) => {
                            // Those that lost took at least as long as until now.
                            self.begun.iter().for_each(|begun| self.ask.measure(*begun));
                            Some(Ok(Some(answer)))
                        }
                        Err(Trouble::Final(kind)) => Some(Err(kind)),
                        Err(Trouble::Full(pools)) => self.queue(attempt, &pools),
                        Err(Trouble::Attempt { node, error }) => self.fail(attempt, node, error),
                    }
                }
                Event::Rested(attempt, node) => self.ask_again(&attempt, node),
                Event::Called(attempt, queued, in_time) => {
                    self.answer_call(attempt, queued, in_time)
                }
                Event::Suspected(attempt, sent) => {
                    self.add_waiting(attempt, Stage::Sent(sent));
                    self.ask_beside();
                    None
                }
            };
            if let Some(ending) = ending {
                return ending;
            }
        }
    }

    fn add(&mut self, attempt: Attempt, stage: Stage) {
        if let Stage::Sent(_) | Stage::Watched(_) = stage {
            self.begun.push(attempt.begun);
        }
        self.add_waiting(attempt, stage);
    }

    fn add_waiting(&self, attempt: Attempt, stage: Stage) {
        self.under_way.push(Box::pin(self.ask.advance(attempt, stage)));
    }

    fn watch(&mut self, attempt: Attempt, sent: Sent) {
        self.add(
            attempt,
            if self.ask.is_idempotent { Stage::Watched(sent) } else { Stage::Sent(sent) },
        );
    }

    /// Asks one more node because the others take too long.
    fn speculate(&mut self) {
        let attempt = self.ask.attempt(Instant::now(), self.ask.settings.consistency);
        match self.course.send_to_next(self.ask, &attempt, None) {
            Ok(sent) => {
                self.watch(attempt, sent);
                self.course.speculations += 1;
                self.ask.session.inner.counters.speculations.add_one();
                let patience = self.ask.patience(self.course.speculations);
                self.impatient_at = patience.map(|patience| attempt.begun + patience);
            }
            Err(_) => self.impatient_at = None,
        }
    }

    /// Asks one more node because the connection of another is suspected; the budget pays, since where all are
    /// suspected it may well be the client that is slow.
    fn ask_beside(&mut self) {
        let attempt = self.ask.attempt(Instant::now(), self.ask.settings.consistency);
        let inner = &self.ask.session.inner;
        if !inner.budget.borrow(attempt.begun.into_std()) {
            inner.counters.retries_refused.add_one();
        } else if let Ok(sent) = self.course.send_to_next(self.ask, &attempt, None) {
            self.watch(attempt, sent);
            self.course.speculations += 1;
            inner.counters.speculations.add_one();
        }
    }

    /// Decides what follows a failed attempt.
    fn fail(&mut self, attempt: Attempt, node: SocketAddr, error: AttemptError) -> Option<Ending> {
        self.begun.retain(|begun| *begun != attempt.begun);
        let is_final =
            matches!(&error, AttemptError::Server(error) if is_statements_own(&error.kind));
        if !self.under_way.is_empty() && !is_final {
            self.record(&attempt, node, error, AttemptDecision::LeftToOthers);
            return None;
        }
        let step = self.ask.decide(&error, &attempt, self.course.retries);
        let (consistency, again) = match step {
            Step::SameNode(consistency) => (consistency, Some(node)),
            Step::NextNode(consistency) => (consistency, None),
            Step::Ignore => {
                self.record(&attempt, node, error, AttemptDecision::Ignored);
                return Some(Ok(None));
            }
            Step::Rethrow => {
                self.record(&attempt, node, error.clone(), AttemptDecision::GaveUp);
                return Some(Err(RequestErrorKind::Failed { node, error }));
            }
            Step::Refused => {
                self.record(&attempt, node, error.clone(), AttemptDecision::OutOfBudget);
                return Some(Err(RequestErrorKind::Failed { node, error }));
            }
        };
        let now = Instant::now();
        let next = self.ask.attempt(now, consistency);
        let until = now + self.rest(&error, again.is_some());
        if until >= self.ask.deadline {
            self.record(&attempt, node, error.clone(), AttemptDecision::GaveUp);
            return Some(Err(RequestErrorKind::Failed { node, error }));
        }
        if !was_not_run(&error) {
            self.course.retries += 1;
        }
        let decision = match again {
            Some(_) => AttemptDecision::SameNode,
            None => AttemptDecision::NextNode,
        };
        self.record(&attempt, node, error, decision);
        if until > now {
            self.add(next, Stage::Resting { until, node: again });
            return None;
        }
        self.ask_again(&next, again)
    }

    /// How long a retry waits: a node that is asked again, or that is as overloaded as another one was, is given time.
    fn rest(&self, error: &AttemptError, is_same_node: bool) -> Duration {
        let is_overloaded = !was_not_run(error)
            && matches!(error, AttemptError::Server(error) if error.kind == ErrorKind::Overloaded);
        if !is_same_node && !is_overloaded {
            return Duration::ZERO;
        }
        self.ask.session.inner.config.backoff.delay(self.course.retries, crate::pool::random())
    }

    /// Begins another attempt, at a node that was asked before or at the next one of the plan.
    fn ask_again(&mut self, attempt: &Attempt, node: Option<SocketAddr>) -> Option<Ending> {
        let attempt = self.ask.attempt(Instant::now(), attempt.consistency);
        let sent = match node {
            Some(node) => send_again(self.ask, &attempt, node),
            None => self.course.send_to_next(self.ask, &attempt, None),
        };
        match sent {
            Ok(sent) => self.watch(attempt, sent),
            Err(Trouble::Attempt { node, error }) => return self.fail(attempt, node, error),
            // Others may have been asked while this one rested.
            Err(Trouble::Final(_) | Trouble::Full(_)) if !self.under_way.is_empty() => {}
            Err(Trouble::Final(kind)) => return Some(Err(kind)),
            Err(Trouble::Full(pools)) => return self.queue(attempt, &pools),
        }
        None
    }

    fn record(
        &mut self,
        attempt: &Attempt,
        node: SocketAddr,
        error: AttemptError,
        decision: AttemptDecision,
    ) {
        let duration = attempt.begun.elapsed();
        self.course.failed.push(FailedAttempt { node, error, duration, decision });
    }
}

/// Waits until then; for ever where there is no such time.
pub(super) async fn due(at: Option<Instant>) {
    match at {
        // A timer would round up to its next tick.
        Some(at) if at <= Instant::now() => {}
        later => alarm(later).await,
    }
}

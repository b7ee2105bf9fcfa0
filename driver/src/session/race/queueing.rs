use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Ending, Race};
use crate::RequestErrorKind;
use crate::connection::{SendError, Sent};
use crate::pool::{Pool, PoolExhausted, Waiting};
use crate::session::attempt::{Attempt, Queued, Stage, Trouble};

/// An attempt for which there is no room waits for it.
impl Race<'_, '_> {
    /// Queues for these nodes, all of which are full.
    pub(super) fn queue(&mut self, attempt: Attempt, pools: &[Arc<Pool>]) -> Option<Ending> {
        let first = pools.first()?;
        let since = Instant::now();
        let most = first.acquire_timeout();
        let waiting = match most.is_zero() {
            true => None,
            false => Waiting::enter(pools, self.ask.settings.priority),
        };
        let Some(waiting) = waiting else {
            let exhausted = PoolExhausted::new(first, pools.len() - 1, Duration::ZERO);
            return Some(Err(RequestErrorKind::PoolExhausted(exhausted)));
        };
        let until = since.checked_add(most).map_or(self.ask.deadline, |u| u.min(self.ask.deadline));
        self.add(attempt, Stage::Queued(Queued { waiting, since, until }));
        None
    }

    /// Tries the nodes that have called, and waits on if they are full again.
    pub(super) fn answer_call(
        &mut self,
        attempt: Attempt,
        mut queued: Queued,
        in_time: bool,
    ) -> Option<Ending> {
        if !in_time {
            return queued
                .waiting
                .exhausted(queued.since.elapsed())
                .map(|exhausted| Err(RequestErrorKind::PoolExhausted(exhausted)));
        }
        let attempt = self.ask.attempt(Instant::now(), attempt.consistency);
        let ask = self.ask;
        let send = |pool: &Pool| -> Result<Option<Sent>, Trouble> {
            let request = ask.request(attempt.consistency);
            match pool.send_in_turn(&request, ask.flags(), attempt.term(), ask.aim, None) {
                Ok(sent) => Ok(Some(sent)),
                Err(SendError::Full) => Ok(None),
                Err(error) => Err(Trouble::of_send(pool.node().address, error)),
            }
        };
        match queued.waiting.try_each(send) {
            Ok(Some(sent)) => {
                self.course.was_sent_to(ask, sent.connection().address());
                self.watch(attempt, sent);
            }
            Ok(None) => self.add(attempt, Stage::Queued(queued)),
            Err(Trouble::Attempt { node, error }) => return self.fail(attempt, node, error),
            Err(Trouble::Final(kind)) => return Some(Err(kind)),
            Err(Trouble::Full(pools)) => return self.queue(attempt, &pools),
        }
        None
    }
}

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use helenus_policies::{ClusterState, Plan, View};

use super::ask::Ask;
use super::attempt::{Attempt, Trouble};
use super::gate::Pass;
use super::limiter::Permit;
use crate::cluster::ClusterSnapshot;
use crate::connection::{SendError, Sent};
use crate::pool::Pool;
use crate::{AttemptDecision, AttemptError, CloseReason, FailedAttempt, RequestErrorKind};

/// The way of a request: the plan that it follows, and what happened to it so far.
#[derive(Default)]
pub(super) struct Course<'a> {
    pub(super) pass: Option<Pass<'a>>,
    pub(super) permit: Option<Permit<'a>>,
    plan: Plan,
    /// The snapshot whose nodes the plan speaks of.
    version: u64,
    pub(super) retries: u32,
    /// Nodes that were asked while others had not answered.
    pub(super) speculations: u32,
    pub(super) failed: Vec<FailedAttempt>,
}

impl Course<'_> {
    /// Sends the request to the next node of its plan that takes it.
    pub(super) fn send_to_next(
        &mut self,
        ask: &Ask<'_>,
        attempt: &Attempt,
        waker: Option<&Waker>,
    ) -> Result<Sent, Trouble> {
        let cluster = ask.session.inner.cluster.snapshot();
        self.send_to_next_of(&cluster, ask, attempt, waker)
    }

    /// Sends the request to the next node of its plan for `cluster` that takes it.
    #[inline]
    pub(super) fn send_to_next_of(
        &mut self,
        cluster: &ClusterSnapshot,
        ask: &Ask<'_>,
        attempt: &Attempt,
        waker: Option<&Waker>,
    ) -> Result<Sent, Trouble> {
        if self.version != cluster.version() {
            self.version = cluster.version();
            self.plan = Plan::default();
        }
        let profile = ask.profile(cluster);
        let routing = ask.routing(cluster, profile, attempt.consistency);
        let now = cluster.at(attempt.begun.into_std());
        let policy = profile.load_balancing.now(cluster.exceptions());
        let view = View::new(&now, policy);
        // The session's own view is cheaper, where it is every policy's.
        let seen: &dyn ClusterState =
            if cluster.profiles().has_one_policy() { &now } else { &view };
        let before = self.failed.len();
        while let Some(node) = self.plan.next(policy, &routing, seen) {
            let Some(pool) = cluster.pool(node) else { continue };
            let request = ask.request(attempt.consistency);
            match pool.send(&request, ask.flags(), attempt.term(), ask.aim, waker) {
                Ok(sent) => return Ok(sent),
                Err(error) => match Trouble::of_send(pool.node().address, error) {
                    Trouble::Attempt { node, error } => self.failed.push(FailedAttempt {
                        node,
                        error,
                        duration: Duration::ZERO,
                        decision: AttemptDecision::NextNode,
                    }),
                    done => return Err(done),
                },
            }
        }
        Err(self.nobody_took_it(cluster, ask, before))
    }

    /// Why no node of the plan took the request; `before` is how many attempts had failed when it was begun.
    #[cold]
    fn nobody_took_it(
        &mut self,
        cluster: &ClusterSnapshot,
        ask: &Ask<'_>,
        before: usize,
    ) -> Trouble {
        let busy = |attempt: &&FailedAttempt| matches!(attempt.error, AttemptError::Busy);
        let busy = || self.failed[before..].iter().filter(busy).map(|attempt| attempt.node);
        let is_full = |pool: &&Arc<Pool>| busy().any(|node| node == pool.node().address);
        let full: Vec<_> = cluster.pools().iter().filter(is_full).cloned().collect();
        let passed_over: Vec<_> = full.iter().map(|pool| pool.node().index).collect();
        if !full.is_empty() {
            // Whichever has room first: another attempt may ask any of them.
            self.plan.take_back(&passed_over);
            return Trouble::Full(full);
        }
        Trouble::Final(match ask.session.inner.gate.is_closed() {
            true => RequestErrorKind::ShutDown,
            false => RequestErrorKind::NoNode,
        })
    }

    /// Says that the request was sent to this node without the plan.
    pub(super) fn was_sent_to(&mut self, ask: &Ask<'_>, node: SocketAddr) {
        let cluster = ask.session.inner.cluster.snapshot();
        let found = cluster.topology().nodes().iter().find(|known| known.address == node);
        if let Some(found) = found.filter(|_| self.version == cluster.version()) {
            self.plan.give(found.index);
        }
    }
}

/// Sends the request to a node that it was sent to before.
pub(super) fn send_again(
    ask: &Ask<'_>,
    attempt: &Attempt,
    node: SocketAddr,
) -> Result<Sent, Trouble> {
    let cluster = ask.session.inner.cluster.snapshot();
    let Some(pool) = cluster.pools().iter().find(|pool| pool.node().address == node) else {
        let gone = SendError::Closed(CloseReason::Drained);
        return Err(Trouble::of_send(node, gone));
    };
    let request = ask.request(attempt.consistency);
    pool.send(&request, ask.flags(), attempt.term(), ask.aim, None)
        .map_err(|error| Trouble::of_send(node, error))
}

use std::sync::Arc;
use std::time::Instant;

use helenus_policies::{Silence, SilenceDetector, Traffic};

use super::SetBack;
use crate::SessionEvent;
use crate::connection::Connection;
use crate::events::Events;
use crate::pool::Pool;

/// What one node lets hear of itself.
#[derive(Debug)]
pub(super) struct NodeSilence {
    detector: SilenceDetector,
    /// Its connections as they were last seen, by number, and how often bytes had come in.
    connections: Vec<(u64, u64)>,
    /// Signs of life, ever.
    received: u64,
    in_flight: usize,
}

impl NodeSilence {
    pub(super) fn new(now: Instant) -> Self {
        let detector = SilenceDetector::new(now);
        Self { detector, connections: Vec::new(), received: 0, in_flight: 0 }
    }

    /// Takes in what has come since the last look. A connection that was made meanwhile is a sign of life, too.
    pub(super) fn take(&mut self, connections: &[Arc<Connection>]) {
        let seen: Vec<_> = connections.iter().map(|c| (c.number(), c.reads())).collect();
        let is_known = |connection: &&(u64, u64)| self.connections.contains(connection);
        self.received += seen.iter().filter(|connection| !is_known(connection)).count() as u64;
        self.connections = seen;
        self.in_flight = connections.iter().map(|connection| connection.in_flight()).sum();
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Judges the node by what comes from it and from `others`: requests that wait for them, and signs of life from
    /// them. Returns what its silence means.
    pub(super) fn judge(
        &mut self,
        pool: &Pool,
        others: (usize, u64),
        events: &Events,
        now: Instant,
    ) -> Silence {
        let traffic = Traffic {
            in_flight: self.in_flight,
            received: self.received,
            in_flight_to_others: others.0,
            received_from_others: others.1,
            usual: pool.vitals().latency.get().map(|latency| latency.mean),
        };
        let silence = self.detector.observe(traffic, now);
        let is_suspected = silence == Silence::Suspect;
        let was_suspected = pool.vitals().set_back(SetBack::Suspected, is_suspected);
        let connections = pool.connections();
        if is_suspected || was_suspected {
            // One that is new is told, too.
            connections.iter().for_each(|connection| connection.suspect(is_suspected));
        }
        if silence != Silence::Usual && !was_suspected {
            connections.iter().filter(|c| c.in_flight() > 0).for_each(|c| c.probe());
        }
        let node = pool.node().address;
        if is_suspected && !was_suspected {
            let silence = self.detector.silence();
            tracing::warn!(%node, ?silence, "the node is silent, requests go elsewhere");
            events.emit(|| SessionEvent::Suspected { node, silence });
        } else if was_suspected && !is_suspected {
            // How late its answers came while it was silent says nothing of how long they will take.
            pool.vitals().latency.forget();
            tracing::info!(%node, "the node answers again");
            events.emit(|| SessionEvent::Cleared { node });
        }
        silence
    }

    /// The node has no connection, which says more than its silence.
    pub(super) fn forget(&mut self, pool: &Pool, now: Instant) {
        pool.vitals().set_back(SetBack::Suspected, false);
        self.detector = SilenceDetector::new(now);
        self.in_flight = 0;
    }
}

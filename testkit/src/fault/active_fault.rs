//! A fault that is at work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::delays::Workers;
use super::fault_kind::FaultKind;
use super::{Effect, Fault, Occasion};
use crate::cluster::ConnectionId;
use crate::split_mix::SplitMix;

/// What sets the seeds of nodes apart: the golden ratio's bits, as good as any odd number.
const NEXT_SEED: u64 = 0x9E37_79B9_7F4A_7C15;

#[derive(Debug)]
pub(crate) struct ActiveFault {
    fault: Fault,
    /// One for each node, so that what one is asked does not change what befalls the others.
    lanes: Vec<Mutex<Lane>>,
    strikes: AtomicU64,
}

/// A fault's course on one node.
#[derive(Debug)]
struct Lane {
    random: SplitMix,
    workers: Workers,
}

impl ActiveFault {
    /// A fault for this many nodes.
    pub(super) fn new(fault: Fault, nodes: usize) -> Self {
        let seeds =
            std::iter::successors(Some(fault.seed), |seed| Some(seed.wrapping_add(NEXT_SEED)));
        let lane =
            |seed| Mutex::new(Lane { random: SplitMix::new(seed), workers: Workers::default() });
        Self { lanes: seeds.take(nodes).map(lane).collect(), fault, strikes: AtomicU64::new(0) }
    }

    pub(super) fn strikes(&self) -> u64 {
        self.strikes.load(Ordering::Acquire)
    }

    pub(super) fn pauses_reads(&self, connection: ConnectionId) -> bool {
        self.fault.kind == FaultKind::PauseReads && self.fault.is_on(connection)
    }

    pub(super) fn is_about_replicas(&self) -> bool {
        self.fault.is_about_replicas()
    }

    /// Whether a node with this many connections closes those that come; if so, it counts.
    pub(super) fn turns_away(&self, connections: usize) -> bool {
        matches!(self.fault.kind, FaultKind::ConnectionLimit { limit, refuses: false } if connections >= limit)
            && self.counts()
    }

    /// Whether a node with this many connections does not listen.
    pub(super) fn closes_door(&self, connections: usize) -> bool {
        matches!(self.fault.kind, FaultKind::ConnectionLimit { limit, refuses: true } if connections >= limit)
    }

    /// What happens to a request of the node with this lane; `None` if it is spared.
    pub(super) fn strike(&self, lane: usize, occasion: &Occasion) -> Option<Effect> {
        if self.fault.kind.is_about_connections() || !self.fault.is_about(occasion) {
            return None;
        }
        let mut lane = self.lanes.get(lane)?.lock().unwrap_or_else(PoisonError::into_inner);
        if lane.random.fraction() >= self.fault.probability || !self.counts() {
            return None;
        }
        Some(self.effect(&mut lane))
    }

    /// Counts a strike, unless there were as many as there are to be.
    fn counts(&self) -> bool {
        let times = self.fault.times.unwrap_or(u64::MAX);
        let next = |strikes| (strikes < times).then_some(strikes + 1);
        self.strikes.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).is_ok()
    }

    fn effect(&self, Lane { random, workers }: &mut Lane) -> Effect {
        match &self.fault.kind {
            FaultKind::Delay(delays) => Effect::Delay(delays.next(random, workers)),
            FaultKind::Duplicate => Effect::Duplicate,
            FaultKind::WrongStream => Effect::WrongStream,
            FaultKind::OversizedLength => Effect::OversizedLength,
            FaultKind::WrongHeaderChecksum => Effect::WrongHeaderChecksum,
            FaultKind::WrongChecksum => Effect::WrongChecksum,
            FaultKind::Garbage(length) => Effect::Garbage(random.bytes(*length)),
            FaultKind::Close => Effect::Close,
            FaultKind::CloseMidFrame => Effect::CloseMidFrame,
            FaultKind::Reset => Effect::Reset,
            FaultKind::Refuse(error) => Effect::Refuse(error.clone()),
            FaultKind::RefusePrepared => Effect::RefusePrepared,
            FaultKind::Drop | FaultKind::PauseReads | FaultKind::ConnectionLimit { .. } => {
                Effect::Drop
            }
        }
    }
}

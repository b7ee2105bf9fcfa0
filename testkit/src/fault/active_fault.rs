//! A fault that is at work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::fault::{Fault, FaultKind};
use super::{Effect, Occasion};
use crate::split_mix::SplitMix;

#[derive(Debug)]
pub(crate) struct ActiveFault {
    fault: Fault,
    random: Mutex<SplitMix>,
    strikes: AtomicU64,
}

impl ActiveFault {
    pub(crate) fn new(fault: Fault) -> Self {
        let random = Mutex::new(SplitMix::new(fault.seed));
        Self { fault, random, strikes: AtomicU64::new(0) }
    }

    pub(super) fn strikes(&self) -> u64 {
        self.strikes.load(Ordering::Acquire)
    }

    pub(super) fn pauses_reads(&self) -> bool {
        self.fault.kind == FaultKind::PauseReads
    }

    /// Whether a node with this many connections is to take no more; if so, it counts.
    pub(super) fn refuses_connection(&self, connections: usize) -> bool {
        matches!(self.fault.kind, FaultKind::ConnectionLimit(limit) if connections >= limit)
            && self.counts()
    }

    /// What happens to a request; `None` if it is spared.
    pub(super) fn strike(&self, occasion: &Occasion) -> Option<Effect> {
        let is_about_connections =
            matches!(self.fault.kind, FaultKind::PauseReads | FaultKind::ConnectionLimit(_));
        if is_about_connections || !self.fault.is_about(occasion) {
            return None;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if random.fraction() >= self.fault.probability || !self.counts() {
            return None;
        }
        Some(self.effect(&mut random))
    }

    /// Counts a strike, unless there were as many as there are to be.
    fn counts(&self) -> bool {
        let times = self.fault.times.unwrap_or(u64::MAX);
        let next = |strikes| (strikes < times).then_some(strikes + 1);
        self.strikes.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).is_ok()
    }

    fn effect(&self, random: &mut SplitMix) -> Effect {
        match &self.fault.kind {
            FaultKind::Delay(delays) => {
                let spread = delays.end.saturating_sub(delays.start);
                Effect::Delay(delays.start.saturating_add(part(spread, random.fraction())))
            }
            FaultKind::Duplicate => Effect::Duplicate,
            FaultKind::WrongStream => Effect::WrongStream,
            FaultKind::OversizedLength => Effect::OversizedLength,
            FaultKind::WrongChecksum => Effect::WrongChecksum,
            FaultKind::Garbage(length) => Effect::Garbage(random.bytes(*length)),
            FaultKind::Close => Effect::Close,
            FaultKind::CloseMidFrame => Effect::CloseMidFrame,
            FaultKind::Reset => Effect::Reset,
            FaultKind::Refuse(error) => Effect::Refuse(error.clone()),
            FaultKind::Drop | FaultKind::PauseReads | FaultKind::ConnectionLimit(_) => Effect::Drop,
        }
    }
}

fn part(whole: Duration, fraction: f64) -> Duration {
    Duration::try_from_secs_f64(whole.as_secs_f64() * fraction).unwrap_or(whole)
}

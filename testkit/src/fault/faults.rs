//! The faults of one node.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{ActiveFault, Effect, Occasion};
use crate::cluster::ConnectionId;

#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// What requests look at first: there is mostly none.
    any: AtomicBool,
    /// Each with the node's lane.
    active: Mutex<Vec<(Arc<ActiveFault>, usize)>>,
}

impl Faults {
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    pub(crate) fn add(&self, fault: Arc<ActiveFault>, lane: usize) {
        self.change(|active| active.push((fault, lane)));
    }

    pub(crate) fn remove(&self, fault: &Arc<ActiveFault>) {
        self.change(|active| active.retain(|(other, _)| !Arc::ptr_eq(other, fault)));
    }

    /// What happens to a request, in the order in which the faults were injected.
    pub(crate) fn strike(&self, occasion: &Occasion) -> Vec<Effect> {
        self.active().iter().filter_map(|(fault, lane)| fault.strike(*lane, occasion)).collect()
    }

    pub(crate) fn pauses_reads(&self, connection: ConnectionId) -> bool {
        self.is_any(|fault| fault.pauses_reads(connection))
    }

    pub(crate) fn are_about_replicas(&self) -> bool {
        self.is_any(ActiveFault::is_about_replicas)
    }

    pub(crate) fn turn_away(&self, connections: usize) -> bool {
        self.is_any(|fault| fault.turns_away(connections))
    }

    pub(crate) fn close_door(&self, connections: usize) -> bool {
        self.is_any(|fault| fault.closes_door(connections))
    }

    fn is_any(&self, is_so: impl Fn(&ActiveFault) -> bool) -> bool {
        self.any() && self.active().iter().any(|(fault, _)| is_so(fault))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<(Arc<ActiveFault>, usize)>)) {
        let mut active = self.active();
        change(&mut active);
        self.any.store(!active.is_empty(), Ordering::Release);
    }

    fn active(&self) -> MutexGuard<'_, Vec<(Arc<ActiveFault>, usize)>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

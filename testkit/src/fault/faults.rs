//! The faults of one node.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{ActiveFault, Effect, Occasion};

#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// What requests look at first: there is mostly none.
    any: AtomicBool,
    active: Mutex<Vec<Arc<ActiveFault>>>,
}

impl Faults {
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    pub(crate) fn add(&self, fault: Arc<ActiveFault>) {
        self.change(|active| active.push(fault));
    }

    pub(crate) fn remove(&self, fault: &Arc<ActiveFault>) {
        self.change(|active| active.retain(|other| !Arc::ptr_eq(other, fault)));
    }

    /// What happens to a request, in the order in which the faults were injected.
    pub(crate) fn strike(&self, occasion: &Occasion) -> Vec<Effect> {
        self.active().iter().filter_map(|fault| fault.strike(occasion)).collect()
    }

    pub(crate) fn pauses_reads(&self) -> bool {
        self.any() && self.active().iter().any(|fault| fault.pauses_reads())
    }

    pub(crate) fn refuses_connection(&self, connections: usize) -> bool {
        self.any() && self.active().iter().any(|fault| fault.refuses_connection(connections))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<ActiveFault>>)) {
        let mut active = self.active();
        change(&mut active);
        self.any.store(!active.is_empty(), Ordering::Release);
    }

    fn active(&self) -> MutexGuard<'_, Vec<Arc<ActiveFault>>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

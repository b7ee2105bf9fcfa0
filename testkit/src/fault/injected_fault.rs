//! What a test holds of a fault that is at work.

use std::sync::Arc;

use super::{ActiveFault, Fault};
use crate::cluster::Member;

/// A fault at work. Dropping this ends it; what it has delayed still comes when it is due.
#[derive(Debug)]
#[must_use = "the fault ends when this is dropped"]
pub struct InjectedFault {
    fault: Arc<ActiveFault>,
    members: Vec<Arc<Member>>,
}

impl InjectedFault {
    pub(crate) fn inject(fault: Fault, members: Vec<Arc<Member>>) -> Self {
        let fault = Arc::new(ActiveFault::new(fault, members.len()));
        for (lane, member) in members.iter().enumerate() {
            member.add_fault(fault.clone(), lane);
        }
        Self { fault, members }
    }

    /// How many requests, or connections, it has struck on all its nodes.
    pub fn strikes(&self) -> u64 {
        self.fault.strikes()
    }

    /// Leaves the fault at work for as long as the cluster lives.
    pub fn leave(mut self) {
        self.members.clear();
    }
}

impl Drop for InjectedFault {
    fn drop(&mut self) {
        for member in &self.members {
            member.remove_fault(&self.fault);
        }
    }
}

//! What a test holds of a fault that is at work.

use std::sync::Arc;

use super::{ActiveFault, Fault, FaultHost};

/// A fault at work. Dropping this ends it; what it has delayed still comes when it is due.
#[derive(Debug)]
#[must_use = "the fault ends when this is dropped"]
pub struct InjectedFault {
    fault: Arc<ActiveFault>,
    hosts: Vec<Arc<dyn FaultHost>>,
}

impl InjectedFault {
    pub(crate) fn inject<H: FaultHost + 'static>(fault: Fault, hosts: Vec<Arc<H>>) -> Self {
        let fault = Arc::new(ActiveFault::new(fault, hosts.len()));
        for (lane, host) in hosts.iter().enumerate() {
            host.add_fault(fault.clone(), lane);
        }
        let hosts = hosts.into_iter().map(|host| host as Arc<dyn FaultHost>).collect();
        Self { fault, hosts }
    }

    /// How many requests, or connections, it has struck on all its nodes.
    pub fn strikes(&self) -> u64 {
        self.fault.strikes()
    }

    /// Leaves the fault at work for as long as the cluster, or the proxy, lives.
    pub fn leave(mut self) {
        self.hosts.clear();
    }
}

impl Drop for InjectedFault {
    fn drop(&mut self) {
        for host in &self.hosts {
            host.remove_fault(&self.fault);
        }
    }
}

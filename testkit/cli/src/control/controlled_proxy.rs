//! A proxy that is controlled.

use helenus_testkit::{Fault, Proxy, ProxyError, RequestFeed};
use serde_json::Value;

use super::numbered_faults::NumberedFaults;
use super::{Problem, ProblemKind, Request, Subject};

/// A proxy, and the faults that were injected into it.
pub(crate) struct ControlledProxy {
    proxy: Proxy,
    faults: NumberedFaults,
}

impl ControlledProxy {
    pub(crate) fn new(proxy: Proxy) -> Self {
        Self { proxy, faults: NumberedFaults::default() }
    }

    pub(crate) fn inject(&self, fault: Fault) -> Result<Value, Problem> {
        self.faults.add(fault, "the proxy", |fault| self.proxy.inject(fault))
    }

    pub(crate) async fn shutdown(self) -> Result<(), ProxyError> {
        drop(self.faults);
        self.proxy.shutdown().await
    }
}

impl Subject for ControlledProxy {
    async fn carry_out(&self, request: Request) -> Result<Value, Problem> {
        match request {
            Request::Inject { fault, node: None, datacenter: None } => self.inject(fault.parse()?),
            Request::Faults => Ok(self.faults.list()),
            Request::Clear { fault } => self.faults.clear(fault),
            _ => {
                let message = "a proxy knows only faults, and has one node";
                Err(Problem::new(ProblemKind::BadRequest, message))
            }
        }
    }

    fn feed(&self) -> Option<RequestFeed> {
        None
    }
}

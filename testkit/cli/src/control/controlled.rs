//! A cluster and the faults that were injected into it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use helenus_testkit::{EmbeddedCluster, Fault, InjectedFault};
use serde_json::{Value, json};

use super::{Problem, ProblemKind, Request};

/// Faults that may be at work at once.
const MOST_FAULTS: usize = 1000;

pub(crate) struct Controlled {
    cluster: EmbeddedCluster,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Faults {
    last: u64,
    injected: BTreeMap<u64, NumberedFault>,
}

struct NumberedFault {
    injected: InjectedFault,
    text: String,
    place: String,
}

impl Controlled {
    pub(crate) fn new(cluster: EmbeddedCluster) -> Self {
        Self { cluster, faults: Mutex::default() }
    }

    pub(crate) fn inject_everywhere(&self, fault: Fault) {
        let text = fault.to_string();
        let injected = self.cluster.inject(fault);
        self.keep(injected, text, "all nodes".to_owned());
    }

    pub(crate) async fn shutdown(self) {
        drop(self.faults);
        self.cluster.shutdown().await;
    }

    /// Does what is asked, but for watching.
    pub(super) async fn carry_out(&self, request: Request) -> Result<Value, Problem> {
        match request {
            Request::Nodes => return Ok(self.describe()),
            Request::Inject { fault, node, datacenter } => {
                return self.inject(&fault, node, datacenter);
            }
            Request::Faults => return Ok(self.list_faults()),
            Request::Clear { fault } => return self.clear(fault),
            Request::Down { node } => self.cluster.stop(node).await?,
            Request::Up { node } => self.cluster.restart(node).await?,
            Request::Pause { node } => self.cluster.freeze(node)?,
            Request::Resume { node } => self.cluster.thaw(node)?,
            Request::Add { datacenter, rack } => {
                let node = self.cluster.add_node(datacenter, rack).await?;
                return Ok(json!({ "address": node.address() }));
            }
            Request::Decommission { node } => self.cluster.decommission(node).await?,
            Request::Replace { node } => {
                let node = self.cluster.replace(node).await?;
                return Ok(json!({ "address": node.address() }));
            }
            Request::CutOff { datacenter } => self.cluster.cut_off(&datacenter)?,
            Request::BringBack { datacenter } => self.cluster.bring_back(&datacenter)?,
            Request::Load { cql } => {
                let statements = self.cluster.load(&cql)?;
                return Ok(json!({ "statements": statements }));
            }
            // Whoever reads the request sees to it.
            Request::Watch => {}
        }
        Ok(json!({}))
    }

    fn describe(&self) -> Value {
        let nodes = self.cluster.nodes();
        let describe = |(index, node): (usize, &helenus_testkit::Node)| {
            json!({
                "node": index,
                "address": node.address(),
                "datacenter": node.datacenter(),
                "rack": node.rack(),
                "host_id": node.host_id().to_string(),
                "up": node.is_up(),
                "connections": node.connections(),
                "requests": node.requests(),
            })
        };
        nodes.iter().enumerate().map(describe).collect()
    }

    fn inject(
        &self,
        text: &str,
        node: Option<usize>,
        datacenter: Option<String>,
    ) -> Result<Value, Problem> {
        let fault: Fault = text.parse()?;
        if self.faults().injected.len() >= MOST_FAULTS {
            let message = format!("{MOST_FAULTS} faults are at work: clear some first");
            return Err(Problem::new(ProblemKind::TooMany, message));
        }
        let text = fault.to_string();
        let (injected, place) = match (node, datacenter) {
            (Some(_), Some(_)) => {
                let message = "a fault is for a node or for a data center, not for both";
                return Err(Problem::new(ProblemKind::BadRequest, message));
            }
            (Some(index), None) => {
                let nodes = self.cluster.nodes();
                let node = nodes.get(index).ok_or_else(|| {
                    let message =
                        format!("there is no node {index}: the cluster has {}", nodes.len());
                    Problem::new(ProblemKind::NoSuchNode, message)
                })?;
                (node.inject(fault), format!("node {}", node.address()))
            }
            (None, Some(name)) => {
                (self.cluster.datacenter(&name)?.inject(fault), format!("data center {name}"))
            }
            (None, None) => (self.cluster.inject(fault), "all nodes".to_owned()),
        };
        Ok(json!({ "fault": self.keep(injected, text, place) }))
    }

    fn keep(&self, injected: InjectedFault, text: String, place: String) -> u64 {
        let mut faults = self.faults();
        faults.last += 1;
        let number = faults.last;
        faults.injected.insert(number, NumberedFault { injected, text, place });
        number
    }

    fn list_faults(&self) -> Value {
        let describe = |(number, fault): (&u64, &NumberedFault)| {
            json!({
                "fault": number,
                "what": fault.text,
                "on": fault.place,
                "strikes": fault.injected.strikes(),
            })
        };
        self.faults().injected.iter().map(describe).collect()
    }

    fn clear(&self, number: Option<u64>) -> Result<Value, Problem> {
        let mut faults = self.faults();
        let cleared = match number {
            None => std::mem::take(&mut faults.injected),
            Some(number) => {
                let fault = faults.injected.remove(&number).ok_or_else(|| {
                    let message = format!("there is no fault {number}");
                    Problem::new(ProblemKind::NoSuchFault, message)
                })?;
                BTreeMap::from([(number, fault)])
            }
        };
        Ok(json!({ "cleared": cleared.len() }))
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Controlled {
    type Target = EmbeddedCluster;

    fn deref(&self) -> &EmbeddedCluster {
        &self.cluster
    }
}

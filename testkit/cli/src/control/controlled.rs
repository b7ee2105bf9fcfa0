//! A cluster that is controlled.

use std::ops::Deref;

use helenus_testkit::{EmbeddedCluster, Fault, RequestFeed};
use serde_json::{Value, json};

use super::numbered_faults::NumberedFaults;
use super::{Problem, ProblemKind, Request, Subject};

/// A cluster, and the faults that were injected into it.
pub(crate) struct Controlled {
    cluster: EmbeddedCluster,
    faults: NumberedFaults,
}

impl Controlled {
    pub(crate) fn new(cluster: EmbeddedCluster) -> Self {
        Self { cluster, faults: NumberedFaults::default() }
    }

    pub(crate) fn inject_everywhere(&self, fault: Fault) -> Result<(), Problem> {
        self.faults.add(fault, "all nodes", |fault| self.cluster.inject(fault)).map(drop)
    }

    pub(crate) async fn shutdown(self) {
        drop(self.faults);
        self.cluster.shutdown().await;
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
        match (node, datacenter) {
            (Some(_), Some(_)) => {
                let message = "a fault is for a node or for a data center, not for both";
                Err(Problem::new(ProblemKind::BadRequest, message))
            }
            (Some(index), None) => {
                let nodes = self.cluster.nodes();
                let node = nodes.get(index).ok_or_else(|| {
                    let message =
                        format!("there is no node {index}: the cluster has {}", nodes.len());
                    Problem::new(ProblemKind::NoSuchNode, message)
                })?;
                let place = format!("node {}", node.address());
                self.faults.add(fault, &place, |fault| node.inject(fault))
            }
            (None, Some(name)) => {
                let datacenter = self.cluster.datacenter(&name)?;
                let place = format!("data center {name}");
                self.faults.add(fault, &place, |fault| datacenter.inject(fault))
            }
            (None, None) => self.faults.add(fault, "all nodes", |fault| self.cluster.inject(fault)),
        }
    }
}

impl Subject for Controlled {
    async fn carry_out(&self, request: Request) -> Result<Value, Problem> {
        match request {
            Request::Nodes => return Ok(self.describe()),
            Request::Inject { fault, node, datacenter } => {
                return self.inject(&fault, node, datacenter);
            }
            Request::Faults => return Ok(self.faults.list()),
            Request::Clear { fault } => return self.faults.clear(fault),
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

    fn feed(&self) -> Option<RequestFeed> {
        Some(self.cluster.watch())
    }
}

impl Deref for Controlled {
    type Target = EmbeddedCluster;

    fn deref(&self) -> &EmbeddedCluster {
        &self.cluster
    }
}

//! `helenus-testkit node …`.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::arguments::Remote;
use crate::client::{ask, print};
use crate::control::Request;
use crate::error::CliError;

#[derive(Args)]
pub(crate) struct NodeArguments {
    #[command(subcommand)]
    action: NodeAction,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Subcommand)]
enum NodeAction {
    /// Print every node, and how it is.
    List,
    /// Stop a node: it refuses connections, and the others report it down.
    Down { node: usize },
    /// Start a node that was stopped.
    Up { node: usize },
    /// Freeze a node: its connections stay open, and it neither reads nor answers.
    Pause { node: usize },
    /// Let a frozen node go on.
    Resume { node: usize },
    /// Add a node, and print its address.
    Add {
        /// The data center, which may be new.
        #[arg(long, default_value = "datacenter1")]
        datacenter: String,
        /// The rack, which may be new.
        #[arg(long, default_value = "rack1")]
        rack: String,
    },
    /// Take a node out of the cluster for good.
    Decommission { node: usize },
    /// Put a new node in the place of one that is dead, or that dies of it, and print its address.
    Replace { node: usize },
    /// Cut a data center off, as a network does that loses all packets.
    CutOff { datacenter: String },
    /// Bring a data center back that was cut off.
    BringBack { datacenter: String },
}

impl NodeArguments {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let request = match self.action {
            NodeAction::List => Request::Nodes,
            NodeAction::Down { node } => Request::Down { node },
            NodeAction::Up { node } => Request::Up { node },
            NodeAction::Pause { node } => Request::Pause { node },
            NodeAction::Resume { node } => Request::Resume { node },
            NodeAction::Add { datacenter, rack } => Request::Add { datacenter, rack },
            NodeAction::Decommission { node } => Request::Decommission { node },
            NodeAction::Replace { node } => Request::Replace { node },
            NodeAction::CutOff { datacenter } => Request::CutOff { datacenter },
            NodeAction::BringBack { datacenter } => Request::BringBack { datacenter },
        };
        let answer = ask(&self.remote, &request).await?;
        answer.as_array().into_iter().flatten().try_for_each(|node| print(&line(node)))?;
        answer["address"].as_str().map_or(Ok(()), print)
    }
}

/// A node, as people read of it.
fn line(node: &Value) -> String {
    let text = |name: &str| node[name].as_str().unwrap_or_default();
    let state = if node["up"] == true { "up" } else { "down" };
    format!(
        "{}: {} in {} ({}) is {state}, connections: {}, requests: {}",
        node["node"],
        text("address"),
        text("datacenter"),
        text("rack"),
        node["connections"],
        node["requests"]
    )
}

//! What is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::control::ControlAddress;
use crate::error::CliError;
use crate::fault_arguments::FaultArguments;
use crate::node_arguments::NodeArguments;
use crate::proxy::{ProxyArguments, ReplayArguments};
use crate::serve::ServeArguments;

/// Embedded CQL clusters for any program to connect to.
#[derive(Parser)]
#[command(name = "helenus-testkit", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start a cluster and keep it until SIGINT or SIGTERM.
    Serve(Box<ServeArguments>),
    /// Stand in front of a node: record what is said to it, and let faults strike.
    Proxy(ProxyArguments),
    /// Answer clients out of what a proxy recorded.
    Replay(ReplayArguments),
    /// Let something go wrong in a cluster that is served, or at a proxy, or stop it.
    Fault(FaultArguments),
    /// Take nodes of a cluster that is served down and up, add and remove them.
    Node(NodeArguments),
    /// Run the statements of a file on a cluster that is served.
    Load(LoadArguments),
    /// Print the requests that a served cluster is sent, as they come.
    Watch(WatchArguments),
}

/// Where a cluster listens that is served, and how long it may take.
#[derive(Args)]
pub(crate) struct Remote {
    /// Where `serve` was told to listen: an address and port, or the path of a Unix socket.
    #[arg(long, global = true, env = "HELENUS_TESTKIT_CONTROL")]
    control: Option<ControlAddress>,
    /// Seconds to wait for an answer.
    #[arg(long, global = true, default_value_t = 30)]
    timeout: u64,
}

impl Remote {
    pub(crate) fn address(&self) -> Result<&ControlAddress, CliError> {
        self.control.as_ref().ok_or(CliError::NoControl)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

#[derive(Args)]
pub(crate) struct LoadArguments {
    /// CQL statements, each ended by a semicolon.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

#[derive(Args)]
pub(crate) struct WatchArguments {
    /// Print a JSON object for each request, instead of a line to be read by people.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

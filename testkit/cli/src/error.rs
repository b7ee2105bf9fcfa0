//! Why a command fails.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use helenus_testkit::{ClusterError, FaultError, ProxyError, RecordFileError, ScriptError};

use crate::control::{ControlAddress, LineError, Problem};

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("no runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the configuration {} is wrong", path.display())]
    Configuration { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{nodes} nodes were asked for, and data centers of {in_datacenters} together")]
    NodesDisagree { nodes: usize, in_datacenters: usize },
    #[error("{option} needs {needed}")]
    OptionNeeds { option: &'static str, needed: &'static str },
    #[error("the cluster does not start")]
    Cluster(#[from] ClusterError),
    #[error("{} cannot be loaded", path.display())]
    Load { path: PathBuf, source: ScriptError },
    #[error("the fault {text:?} cannot be")]
    Fault { text: String, source: FaultError },
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error(transparent)]
    Recording(#[from] RecordFileError),
    #[error("cannot listen on {address}")]
    Listen { address: ControlAddress, source: io::Error },
    #[error("control is for this machine only, and {address} is no loopback address")]
    NotLoopback { address: SocketAddr },
    #[error("signals cannot be listened for")]
    Signals(#[source] io::Error),
    #[error("which cluster? say where it is controlled with --control or HELENUS_TESTKIT_CONTROL")]
    NoControl,
    #[error("no cluster answers on {address}: is it served with `--control {address}`?")]
    Connect { address: ControlAddress, source: io::Error },
    #[error("the connection to {address} was lost")]
    Lost { address: ControlAddress, source: LineError },
    #[error("the cluster on {address} did not answer within {after:?}")]
    NoAnswer { address: ControlAddress, after: Duration },
    #[error("the cluster on {address} gave an answer that is none: {line:?}")]
    StrangeAnswer { address: ControlAddress, line: String },
    #[error("the request has {bytes} bytes, and may have {most}: split what is to be loaded")]
    TooLong { bytes: usize, most: u64 },
    #[error("{0}")]
    Refused(Problem),
    #[error("nothing can be printed")]
    Print(#[source] io::Error),
}

impl CliError {
    /// The error and what it comes from, in one line where that is possible.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let next = error.to_string();
            // Transparent errors say what their cause says.
            if !text.ends_with(&next) {
                text = format!("{text}: {next}");
            }
            cause = error.source();
        }
        text
    }
}

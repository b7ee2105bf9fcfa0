use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Version;

/// Why the launcher could not do what it was asked. Each says what failed, where, and what can be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The options or a text that describes them make no sense.
    #[error("{0}")]
    Options(String),

    /// No Java 17 runtime was found.
    #[error(
        "no Java 17 runtime in JAVA_HOME, in /usr/lib/jvm or on PATH{}: install one (Debian, Ubuntu: `apt-get install \
         openjdk-17-jre-headless`) or point JAVA_HOME at one",
        seen.as_ref().map(|seen| format!(" (found: {seen})")).unwrap_or_default()
    )]
    JavaMissing {
        /// Runtimes of other versions that were found instead.
        seen: Option<String>,
    },

    /// Maven, which downloads Cassandra, is not on `PATH`.
    #[error(
        "`mvn` is not on PATH, and Apache Cassandra {version} is not in {} yet: install Maven (Debian, Ubuntu: \
         `apt-get install maven`)",
        cache.display()
    )]
    MavenMissing {
        /// The version that was to be downloaded.
        version: Version,
        /// Where it would have been kept.
        cache: PathBuf,
    },

    /// Maven could not download Cassandra.
    #[error("Maven could not download Apache Cassandra {version}: {line} (all of its output is in {})", log.display())]
    Download {
        /// The version that was to be downloaded.
        version: Version,
        /// The line of Maven's output that says why.
        line: String,
        /// Maven's output.
        log: PathBuf,
    },

    /// Nodes of a cluster of this name run already.
    #[error(
        "cluster `{name}` runs already: {running} of {nodes} nodes of Apache Cassandra {version} at \
         {contact_points}; take it down first, or choose another name and address block"
    )]
    AlreadyRunning {
        /// The cluster.
        name: String,
        /// The version that runs, whichever was asked for.
        version: Version,
        /// How many of its nodes have a process.
        running: usize,
        /// How many nodes it has.
        nodes: usize,
        /// The addresses of its nodes, separated by commas.
        contact_points: String,
    },

    /// There is no cluster to attach to.
    #[error("cluster `{name}` is not up: there is no {}", state_file.display())]
    NotUp {
        /// The cluster.
        name: String,
        /// The state file that an up cluster has.
        state_file: PathBuf,
    },

    /// A port that a node needs cannot be had.
    #[error(
        "{address} cannot be listened on: {source}; stop what uses it, or choose another address block"
    )]
    Address {
        /// The address with the port.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },

    /// A node's process ended before it was ready.
    #[error("node {address} failed to start: {line} (log: {})", log.display())]
    NodeFailed {
        /// The node's CQL address.
        address: SocketAddr,
        /// The line of its log that says why.
        line: String,
        /// The whole log.
        log: PathBuf,
    },

    /// A node did not answer in time.
    #[error(
        "node {address} did not answer within {} s; its log's last word: {line} (log: {})",
        waited.as_secs(),
        log.display()
    )]
    NodeSilent {
        /// The node's CQL address.
        address: SocketAddr,
        /// How long it had.
        waited: Duration,
        /// The first error in its log, or else the last line.
        line: String,
        /// The whole log.
        log: PathBuf,
    },

    /// The nodes answer, but did not come to see each other in time.
    #[error("the nodes of cluster `{name}` did not come to agree within {} s: {reason}", waited.as_secs())]
    NoAgreement {
        /// The cluster.
        name: String,
        /// How long they had.
        waited: Duration,
        /// What still differed at the end.
        reason: String,
    },

    /// The node has no process to signal or to ask.
    #[error(
        "node {address} has no process that could be sent {message}: it is down; start it first"
    )]
    NodeDown {
        /// The node's CQL address.
        address: SocketAddr,
        /// What it was to be sent: a signal, or a JMX request.
        message: &'static str,
    },

    /// The node to start has a process already.
    #[error("node {address} runs already as process {pid}")]
    NodeRunning {
        /// The node's CQL address.
        address: SocketAddr,
        /// Its process id.
        pid: u32,
    },

    /// `nodetool` could not do what it was asked.
    #[error("`nodetool {command}` failed at node {address}: {line}")]
    Nodetool {
        /// The node's CQL address.
        address: SocketAddr,
        /// The command and its arguments.
        command: String,
        /// The line of its output that says why.
        line: String,
    },

    /// What `nodetool describering` printed is not what Cassandra 4.1 and 5.0 print.
    #[error(
        "node {address} describes the ring of keyspace `{keyspace}` in an unknown way: `{line}`"
    )]
    RingUnreadable {
        /// The node's CQL address.
        address: SocketAddr,
        /// The keyspace whose ring was asked for.
        keyspace: String,
        /// The line that cannot be read; empty when there was no part of a ring at all.
        line: String,
    },

    /// Certificates could not be made.
    #[error("certificates for the cluster could not be made: {0}")]
    Certificate(#[from] rcgen::Error),

    /// A state file does not say what this version of the launcher writes.
    #[error(
        "{} is not a cluster state that can be read: {source}; end its nodes by hand and remove the file",
        path.display()
    )]
    State {
        /// The state file.
        path: PathBuf,
        /// What is wrong in it.
        source: serde_json::Error,
    },

    /// The operating system refused something.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or program.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl Error {
    pub(super) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { action, path, source }
    }
}

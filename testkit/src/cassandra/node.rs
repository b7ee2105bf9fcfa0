use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::client::Connection;
use super::options::STORAGE_PORT;
use super::process::{Condition, Process};
use super::state::{ClusterState, NodeState};
use super::{Error, RingPart, jvm, log, ring};

/// How long a node has from its start to its first answer.
const START_TIME: Duration = Duration::from_secs(180);
/// How long a node has to end by itself after `SIGTERM`; it takes leave of the other nodes and writes out its data.
const TERMINATE_TIME: Duration = Duration::from_secs(20);
/// How long a signal that cannot be caught takes at most.
const SIGNAL_TIME: Duration = Duration::from_secs(10);
const PROBE_TIME: Duration = Duration::from_secs(1);

/// What can be seen of a node from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeStatus {
    /// It answers on its CQL address.
    Up,
    /// Its process runs, but does not answer within a second: it is starting, ending or overloaded.
    Unresponsive,
    /// Its process is paused.
    Paused,
    /// It has no process.
    Down,
}

/// One node of a cluster that is up: where it is, and the means to hurt and heal its process.
///
/// A handle: which process the node has is looked up in the cluster's state file at each call, so handles of other
/// threads and programs stay right when one of them starts the node again.
#[derive(Debug, Clone)]
pub struct Node {
    state_file: PathBuf,
    address: SocketAddr,
    dc: String,
    rack: String,
}

impl Node {
    pub(super) fn new(state_file: &Path, state: &NodeState) -> Self {
        Self {
            state_file: state_file.to_owned(),
            address: state.address,
            dc: state.dc.clone(),
            rack: state.rack.clone(),
        }
    }

    /// The address and port on which it speaks CQL, as `system.local` and `system.peers_v2` give it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The name of its datacenter.
    #[must_use]
    pub fn dc(&self) -> &str {
        &self.dc
    }

    /// The name of its rack.
    #[must_use]
    pub fn rack(&self) -> &str {
        &self.rack
    }

    /// The id of its process, or `None` when it is down.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process()
            .filter(|process| process.condition() != Condition::Gone)
            .map(|process| process.pid)
    }

    /// Its log, which a start goes on writing at the end.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.home().join("system.log")
    }

    /// Looks at the process and asks the CQL address for an answer; takes at most about two seconds.
    #[must_use]
    pub fn status(&self) -> NodeStatus {
        match self.process().map_or(Condition::Gone, Process::condition) {
            Condition::Gone => NodeStatus::Down,
            Condition::Stopped => NodeStatus::Paused,
            Condition::Running if self.answers() => NodeStatus::Up,
            Condition::Running => NodeStatus::Unresponsive,
        }
    }

    /// Crashes the node: `SIGKILL`. Returns when the process is gone.
    ///
    /// # Errors
    /// [`Error::NodeDown`] when it has no process; [`Error::Io`] when the system refuses the signal.
    pub fn kill(&self) -> Result<(), Error> {
        let process = self.signal(Signal::KILL, "SIGKILL")?;
        process.wait_until(Condition::Gone, SIGNAL_TIME);
        Ok(())
    }

    /// Hangs the node: `SIGSTOP`. Its connections stay open and nothing on them is answered.
    ///
    /// # Errors
    /// As [`Node::kill`].
    pub fn pause(&self) -> Result<(), Error> {
        let process = self.signal(Signal::STOP, "SIGSTOP")?;
        process.wait_until(Condition::Stopped, SIGNAL_TIME);
        Ok(())
    }

    /// Lets a paused node go on: `SIGCONT`.
    ///
    /// # Errors
    /// As [`Node::kill`].
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::CONT, "SIGCONT").map(drop)
    }

    /// Ends the node in order: `SIGTERM`, and `SIGKILL` if it is still there after 20 s. A paused node is resumed for
    /// it. Returns when the process is gone, with whether it had to be killed.
    ///
    /// # Errors
    /// As [`Node::kill`].
    pub fn terminate(&self) -> Result<bool, Error> {
        self.terminate_within(TERMINATE_TIME)
    }

    pub(super) fn terminate_within(&self, time: Duration) -> Result<bool, Error> {
        let process = self.signal(Signal::TERM, "SIGTERM")?;
        self.send(process, Signal::CONT)?;
        if process.wait_until(Condition::Gone, time) {
            return Ok(false);
        }
        self.send(process, Signal::KILL)?;
        process.wait_until(Condition::Gone, SIGNAL_TIME);
        Ok(true)
    }

    /// Starts the node again with the data it had. Returns when it answers on its CQL address; the other nodes may take
    /// a moment longer to see it, for which [`Cluster::await_agreement`](super::Cluster::await_agreement) waits.
    ///
    /// # Errors
    /// [`Error::NodeRunning`] when it has a process; [`Error::Address`] when one of its ports is taken;
    /// [`Error::NodeFailed`] or [`Error::NodeSilent`] when it does not come up.
    pub fn start(&self) -> Result<(), Error> {
        self.spawn()?.await_ready()
    }

    /// [`Node::terminate`], then [`Node::start`].
    ///
    /// # Errors
    /// Those of the two.
    pub fn restart(&self) -> Result<(), Error> {
        self.terminate()?;
        self.start()
    }

    /// Which nodes hold copies of which tokens of a keyspace, as the node itself says: `nodetool describering`, about a
    /// second. A node that hangs is given up after 10 s.
    ///
    /// # Errors
    /// [`Error::NodeDown`] when it has no process; [`Error::Nodetool`] when it does not answer or knows no such keyspace;
    /// [`Error::RingUnreadable`] when its answer is none that Cassandra 4.1 or 5.0 gives; [`Error::Io`] when Java cannot
    /// be run.
    pub fn ring_of(&self, keyspace: &str) -> Result<Vec<RingPart>, Error> {
        let output = self.nodetool(&["describering", keyspace])?;
        ring::parse(&output).map_err(|line| Error::RingUnreadable {
            address: self.address,
            keyspace: keyspace.to_owned(),
            line,
        })
    }

    pub(super) fn nodetool(&self, arguments: &[&str]) -> Result<String, Error> {
        let state = ClusterState::load(&self.state_file)?;
        let process = state.node(self.address).and_then(|node| node.process);
        let process = process.filter(|process| process.condition() != Condition::Gone);
        let process =
            process.ok_or(Error::NodeDown { address: self.address, message: "a JMX request" })?;
        let mut command = jvm::nodetool(&state, &self.home(), process)?;
        let output = command.args(arguments).output().map_err(Error::io("run", &state.java))?;
        if !output.status.success() {
            return Err(Error::Nodetool {
                address: self.address,
                command: arguments.join(" "),
                line: log::telling_line(&String::from_utf8_lossy(&output.stderr)),
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub(super) fn spawn(&self) -> Result<StartingNode<'_>, Error> {
        if let Some(pid) = self.pid() {
            return Err(Error::NodeRunning { address: self.address, pid });
        }
        self.require_ports()?;
        let state = ClusterState::load(&self.state_file)?;
        let log = self.log();
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(Error::io("open", &log))?;
        let log_offset = output.metadata().map_err(Error::io("read", &log))?.len();
        let errors = output.try_clone().map_err(Error::io("open", &log))?;
        let of_it = state.nodes.iter().find(|node| node.address == self.address);
        let joins = of_it.is_some_and(|node| node.bootstraps);
        let mut command = jvm::command(&state, &self.home(), joins)?;
        // A group of its own: Ctrl-C at the terminal of the starter is not meant for the node.
        command.stdout(output).stderr(errors).process_group(0);
        let mut child = command.spawn().map_err(Error::io("run", &state.java))?;
        let process = self.record(child.id()).inspect_err(|_| {
            // A process that nobody knows of would never be ended.
            let _ = child.kill();
        })?;
        Ok(StartingNode { node: self, process, log_offset, deadline: Instant::now() + START_TIME })
    }

    fn record(&self, pid: u32) -> Result<Process, Error> {
        let process =
            Process::with_pid(pid).map_err(Error::io("read", format!("/proc/{pid}/stat")))?;
        ClusterState::record_process(&self.state_file, self.address, process)?;
        Ok(process)
    }

    /// Fails before a process is started rather than in its log, and keeps a stranger's answer on the port from passing
    /// for the node's.
    pub(super) fn require_ports(&self) -> Result<(), Error> {
        for port in [self.address.port(), STORAGE_PORT] {
            let address = SocketAddr::new(self.address.ip(), port);
            TcpListener::bind(address).map_err(|source| Error::Address { address, source })?;
        }
        Ok(())
    }

    pub(super) fn home(&self) -> PathBuf {
        self.state_file.with_file_name(self.address.ip().to_string())
    }

    fn process(&self) -> Option<Process> {
        ClusterState::load(&self.state_file).ok()?.node(self.address)?.process
    }

    fn answers(&self) -> bool {
        Connection::open(self.address, PROBE_TIME)
            .and_then(|mut connection| connection.options())
            .is_ok()
    }

    fn signal(&self, signal: Signal, name: &'static str) -> Result<Process, Error> {
        let state = ClusterState::load(&self.state_file)?;
        match state.node(self.address).and_then(|node| node.process) {
            Some(process) if self.send(process, signal)? => Ok(process),
            _ => Err(Error::NodeDown { address: self.address, message: name }),
        }
    }

    fn send(&self, process: Process, signal: Signal) -> Result<bool, Error> {
        process.signal(signal).map_err(Error::io("signal process", process.pid.to_string()))
    }
}

/// A node whose process was just started.
#[derive(Debug)]
pub(super) struct StartingNode<'a> {
    pub(super) node: &'a Node,
    pub(super) process: Process,
    log_offset: u64,
    deadline: Instant,
}

impl StartingNode<'_> {
    pub(super) fn await_ready(&self) -> Result<(), Error> {
        while !self.is_ready()? {
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Whether the node answers by now.
    pub(super) fn is_ready(&self) -> Result<bool, Error> {
        let address = self.node.address;
        if self.node.answers() {
            return Ok(true);
        }
        if self.process.condition() == Condition::Gone {
            return Err(Error::NodeFailed {
                address,
                line: self.telling_line(),
                log: self.node.log(),
            });
        }
        if Instant::now() >= self.deadline {
            let line = self.telling_line();
            return Err(Error::NodeSilent {
                address,
                waited: START_TIME,
                line,
                log: self.node.log(),
            });
        }
        Ok(false)
    }

    /// Judged by what this start wrote, not by earlier ones.
    fn telling_line(&self) -> String {
        let log = read_from(&self.node.log(), self.log_offset).unwrap_or_default();
        log::telling_line(&String::from_utf8_lossy(&log))
    }
}

fn read_from(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

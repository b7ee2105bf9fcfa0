use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::client::{CONSISTENCY_ALL, Connection};
use super::node::Node;
use super::state::{self, ClusterState, Credentials, NodeState};
use super::{ClusterOptions, Error, Progress, TlsFiles, Version, config, jars, java};

/// How long running nodes have to see each other and to agree on the schema.
const AGREEMENT_TIME: Duration = Duration::from_secs(120);
/// How long nodes have to end by themselves when the whole cluster goes down and nothing of theirs is needed again.
const DOWN_TIME: Duration = Duration::from_secs(5);
const QUERY_TIME: Duration = Duration::from_secs(5);

/// A cluster of Cassandra processes on this machine. Dropping it leaves the nodes alone; [`Cluster::down`] ends them.
#[derive(Debug)]
pub struct Cluster {
    state_file: PathBuf,
    name: String,
    version: Version,
    auth: Option<Credentials>,
    tls: Option<TlsFiles>,
    nodes: Vec<Node>,
}

impl Cluster {
    /// Starts a cluster with empty nodes, and returns when every node answers, sees every other one as up and has the
    /// same schema: about 10 s for three nodes on two cores. If one node fails, all are ended again.
    ///
    /// # Errors
    /// [`Error::AlreadyRunning`] when any node of a cluster of this name has a process; [`Error::JavaMissing`],
    /// [`Error::MavenMissing`] and [`Error::Download`] when Cassandra cannot be had; [`Error::Address`] when a port is
    /// taken; [`Error::NodeFailed`], [`Error::NodeSilent`] and [`Error::NoAgreement`] when it does not come up.
    pub fn up(options: &ClusterOptions, progress: &mut dyn FnMut(Progress)) -> Result<Self, Error> {
        options.check()?;
        let state_file = state::file(&options.name);
        let _exclusive = lock(&state_file)?;
        if state_file.exists() {
            Self::attach_file(&state_file)?.require_down()?;
        }
        let java = java::locate()?;
        let jars = jars::fetch(options.version, progress)?;
        let cluster = Self::lay_out(options, java, jars, &state_file)?;
        match cluster.start(options.vnodes == 1, progress) {
            Ok(()) => Ok(cluster),
            Err(error) => {
                // The first failure is the one to tell.
                let _ = cluster.stop(&mut |_| {});
                Err(error)
            }
        }
    }

    /// Whether [`Cluster::up`] finds what it needs to start this version: Java, and the jars or Maven to download them.
    ///
    /// # Errors
    /// [`Error::JavaMissing`] or [`Error::MavenMissing`].
    pub fn check_requirements(version: Version) -> Result<(), Error> {
        java::locate()?;
        jars::check_requirements(version)
    }

    /// The cluster of this name that is up, started by this or any other process.
    ///
    /// # Errors
    /// [`Error::NotUp`] when there is none; [`Error::State`] when its state file cannot be read.
    pub fn attach(name: &str) -> Result<Self, Error> {
        Self::attach_file(&state::file(name))
    }

    /// The cluster with this state file, which [`Cluster::state_file`] gave.
    ///
    /// # Errors
    /// As [`Cluster::attach`].
    pub fn attach_file(state_file: &Path) -> Result<Self, Error> {
        let state_file = &state::absolute(state_file);
        if !state_file.exists() {
            let directory = state_file.parent().and_then(Path::file_name).unwrap_or_default();
            return Err(Error::NotUp {
                name: directory.to_string_lossy().into_owned(),
                state_file: state_file.to_owned(),
            });
        }
        ClusterState::load(state_file).map(|state| Self::with_state(state_file, state))
    }

    /// The names of all clusters that are up.
    #[must_use]
    pub fn names() -> Vec<String> {
        let entries = fs::read_dir(state::home()).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| state::file(name).exists());
        names.sort();
        names
    }

    /// Ends all nodes at the same time, each as [`Node::terminate`] does, but with `SIGKILL` after 5 s. Logs stay.
    ///
    /// # Errors
    /// [`Error::Io`] when a process cannot be signalled or the state file not be removed.
    pub fn down(mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        let _exclusive = lock(&self.state_file)?;
        // Nodes may have joined or moved since it was read, or all may have been stopped.
        if let Ok(state) = ClusterState::load(&self.state_file) {
            self.take(state);
        }
        self.stop(progress)
    }

    /// Waits until every node sees every other one as up and all have the same schema: after nodes were started again,
    /// or between a schema change and its use through another node.
    ///
    /// # Errors
    /// [`Error::NoAgreement`] after two minutes, with what still differs.
    pub fn await_agreement(&self) -> Result<(), Error> {
        let deadline = Instant::now() + AGREEMENT_TIME;
        while let Err(disagreement) = self.agreement() {
            if Instant::now() >= deadline {
                let reason = disagreement.to_string();
                return Err(Error::NoAgreement {
                    name: self.name.clone(),
                    waited: AGREEMENT_TIME,
                    reason,
                });
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its Cassandra version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its nodes, in the order of their addresses.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The CQL addresses of all nodes.
    #[must_use]
    pub fn contact_points(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// The superuser of a cluster with authentication.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.auth.as_ref()
    }

    /// The certificates of a cluster with TLS.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsFiles> {
        self.tls.as_ref()
    }

    /// The JSON file by which other processes can attach, see [`Cluster::attach_file`].
    #[must_use]
    pub fn state_file(&self) -> &Path {
        &self.state_file
    }

    /// Goes by what the state file says now.
    pub(super) fn take(&mut self, state: ClusterState) {
        *self = Self::with_state(&self.state_file, state);
    }

    fn with_state(state_file: &Path, state: ClusterState) -> Self {
        Self {
            nodes: state.nodes.iter().map(|node| Node::new(state_file, node)).collect(),
            state_file: state_file.to_owned(),
            name: state.name,
            version: state.version,
            auth: state.auth,
            tls: state.tls,
        }
    }

    fn require_down(&self) -> Result<(), Error> {
        let running = self.nodes.iter().filter(|node| node.pid().is_some()).count();
        if running == 0 {
            return Ok(());
        }
        let addresses: Vec<String> =
            self.contact_points().iter().map(ToString::to_string).collect();
        Err(Error::AlreadyRunning {
            name: self.name.clone(),
            version: self.version,
            running,
            nodes: self.nodes.len(),
            contact_points: addresses.join(", "),
        })
    }

    /// Writes all files of a new cluster, in place of those of the last one with its name.
    fn lay_out(
        options: &ClusterOptions,
        java: PathBuf,
        jars: PathBuf,
        state_file: &Path,
    ) -> Result<Self, Error> {
        let directory = state_file.parent().unwrap_or(Path::new("."));
        let nodes: Vec<NodeState> = options
            .places()
            .into_iter()
            .map(|place| NodeState {
                address: place.address,
                dc: place.dc,
                rack: place.rack,
                token: place.token,
                bootstraps: false,
                process: None,
            })
            .collect();
        for node in &nodes {
            Node::new(state_file, node).require_ports()?;
        }
        if directory.exists() {
            fs::remove_dir_all(directory).map_err(Error::io("remove", directory))?;
        }
        fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
        let contact_points: Vec<SocketAddr> = nodes.iter().map(|node| node.address).collect();
        let hosts: Vec<_> = contact_points.iter().map(SocketAddr::ip).collect();
        let tls = options
            .tls
            .map(|mode| TlsFiles::generate(&directory.join("tls"), mode, &hosts))
            .transpose()?;
        let state = ClusterState {
            name: options.name.clone(),
            version: options.version,
            contact_points,
            auth: options.auth.then(Credentials::superuser),
            tls,
            java,
            jars,
            heap_mib: options.heap_mib,
            vnodes: options.vnodes,
            nodes,
            left: Vec::new(),
        };
        for node in &state.nodes {
            config::write(&state, node, &Node::new(state_file, node).home())?;
        }
        state.store(state_file)?;
        Ok(Self::with_state(state_file, state))
    }

    fn start(&self, together: bool, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        let begin = Instant::now();
        let mut starting = Vec::new();
        for node in &self.nodes {
            let started = node.spawn()?;
            progress(Progress::Started { address: node.address(), pid: started.process.pid });
            if together {
                starting.push(started);
            } else {
                started.await_ready()?;
                progress(Progress::Ready { address: node.address(), after: begin.elapsed() });
            }
        }
        while !starting.is_empty() {
            let mut still_starting = Vec::new();
            for started in starting {
                if started.is_ready()? {
                    progress(Progress::Ready {
                        address: started.node.address(),
                        after: begin.elapsed(),
                    });
                } else {
                    still_starting.push(started);
                }
            }
            starting = still_starting;
            thread::sleep(Duration::from_millis(50));
        }
        self.await_agreement()?;
        progress(Progress::Agreed { after: begin.elapsed() });
        Ok(())
    }

    fn stop(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        thread::scope(|scope| {
            let running = self.nodes.iter().filter(|node| node.pid().is_some());
            let stopping: Vec<_> = running
                .map(|node| (node.address(), scope.spawn(|| node.terminate_within(DOWN_TIME))))
                .collect();
            let mut result = Ok(());
            for (address, thread) in stopping {
                match thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                    Ok(killed) => progress(Progress::Stopped { address, killed }),
                    Err(Error::NodeDown { .. }) => {
                        progress(Progress::Stopped { address, killed: false });
                    }
                    Err(error) => result = Err(error),
                }
            }
            result
        })?;
        match fs::remove_file(&self.state_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("remove", &self.state_file)(error))
            }
            _ => Ok(()),
        }
    }

    /// Whether all agree at this moment; the error says what differs.
    fn agreement(&self) -> io::Result<()> {
        let mut schema = None;
        for node in &self.nodes {
            let about = |what: String| io::Error::other(format!("{}: {what}", node.address()));
            let view = self.view_of(node).map_err(|error| about(error.to_string()))?;
            if view.peers != self.nodes.len() - 1 {
                return Err(about(format!(
                    "knows {} of {} other nodes",
                    view.peers,
                    self.nodes.len() - 1
                )));
            }
            if view
                .schemas
                .iter()
                .any(|version| version != schema.get_or_insert_with(|| version.clone()))
            {
                return Err(about("has or sees another schema version".into()));
            }
        }
        Ok(())
    }

    fn view_of(&self, node: &Node) -> io::Result<View> {
        let mut connection = Connection::open(node.address(), QUERY_TIME)?;
        connection.startup(self.auth.as_ref())?;
        let local = connection.rows("SELECT schema_version FROM system.local")?;
        let peers = connection.rows(
            "SELECT schema_version, host_id, data_center, rack, native_address, native_port, release_version, tokens \
             FROM system.peers_v2",
        )?;
        // Roles are on every node, so the answer takes every node's share: this node sees all others as up.
        connection.rows_at("SELECT role FROM system_auth.roles", CONSISTENCY_ALL)?;
        let complete = peers.iter().filter(|peer| peer.iter().all(Option::is_some));
        Ok(View {
            peers: complete.count(),
            schemas: local
                .into_iter()
                .chain(peers)
                .filter_map(|row| row.into_iter().next().flatten())
                .collect(),
        })
    }
}

/// What one node knows of the cluster.
struct View {
    /// Other nodes of which it knows all that drivers ask for.
    peers: usize,
    /// The schema versions that it has and sees.
    schemas: Vec<Vec<u8>>,
}

/// Lets one process at a time start or end the cluster with this state file.
fn lock(state_file: &Path) -> Result<fs::File, Error> {
    let directory = state_file.parent().unwrap_or(Path::new("."));
    if let Some(home) = directory.parent() {
        fs::create_dir_all(home).map_err(Error::io("create", home))?;
    }
    state::lock(&directory.with_extension("lock"))
}

use std::env;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{self, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::process::Process;
use super::{Error, TlsFiles, Version};

const FILE: &str = "cluster.json";

/// Who logs in to a cluster with authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Credentials {
    /// The role's name.
    pub user: String,
    /// Its password.
    pub password: String,
}

impl Credentials {
    /// The superuser that every new cluster has.
    pub(super) fn superuser() -> Self {
        Self { user: "cassandra".into(), password: "cassandra".into() }
    }
}

/// All that is known of a cluster that is up, as its state file keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClusterState {
    pub(super) name: String,
    pub(super) version: Version,
    pub(super) contact_points: Vec<SocketAddr>,
    pub(super) auth: Option<Credentials>,
    pub(super) tls: Option<TlsFiles>,
    pub(super) java: PathBuf,
    pub(super) jars: PathBuf,
    pub(super) heap_mib: u32,
    pub(super) vnodes: u16,
    pub(super) nodes: Vec<NodeState>,
    /// Addresses that nodes have left: the others remember for days who was there.
    #[serde(default)]
    pub(super) left: Vec<SocketAddr>,
}

/// A node's place, and its process while it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NodeState {
    pub(super) address: SocketAddr,
    pub(super) dc: String,
    pub(super) rack: String,
    pub(super) token: Option<i64>,
    /// Whether it joins a cluster that is there, from which it takes its rows.
    #[serde(default)]
    pub(super) bootstraps: bool,
    pub(super) process: Option<Process>,
}

impl ClusterState {
    pub(super) fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read(path).map_err(Error::io("read", path))?;
        serde_json::from_slice(&text)
            .map_err(|source| Error::State { path: path.to_owned(), source })
    }

    /// Replaces the file at once, so that no reader ever sees half of it.
    pub(super) fn store(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|source| Error::State { path: path.to_owned(), source })?;
        let next = path.with_extension("json.next");
        fs::write(&next, text).map_err(Error::io("write", &next))?;
        fs::rename(&next, path).map_err(Error::io("replace", path))
    }

    pub(super) fn node(&self, address: SocketAddr) -> Option<&NodeState> {
        self.nodes.iter().find(|node| node.address == address)
    }

    /// Writes down which process a node has, keeping what other threads and programs write of other nodes.
    pub(super) fn record_process(
        path: &Path,
        address: SocketAddr,
        process: Process,
    ) -> Result<(), Error> {
        let record = |state: &mut Self| {
            for node in state.nodes.iter_mut().filter(|node| node.address == address) {
                node.process = Some(process);
            }
            Ok(())
        };
        Self::change(path, record).map(drop)
    }

    /// Changes what is known, and returns all of it; no change of another thread or program gets lost.
    pub(super) fn change(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let _exclusive = lock(&path.with_extension("lock"))?;
        let mut state = Self::load(path)?;
        change(&mut state)?;
        state.store(path)?;
        Ok(state)
    }
}

/// Where clusters live: `$HELENUS_CASSANDRA_DIR`, else `cassandra` in the target directory of the running program, else
/// in `./target`.
pub(super) fn home() -> PathBuf {
    if let Some(directory) = env::var_os("HELENUS_CASSANDRA_DIR").filter(|value| !value.is_empty())
    {
        return absolute(Path::new(&directory));
    }
    let program = env::current_exe().unwrap_or_default();
    let target = program.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file());
    absolute(&target.unwrap_or(Path::new("target")).join("cassandra"))
}

pub(super) fn absolute(path: &Path) -> PathBuf {
    path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

pub(super) fn file(name: &str) -> PathBuf {
    home().join(name).join(FILE)
}

/// Waits for its turn; the lock lasts until the file is dropped.
pub(super) fn lock(path: &Path) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::io("create", path))?;
    file.lock().map_err(Error::io("lock", path))?;
    Ok(file)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn example() -> ClusterState {
        let node = |host: &str, dc: &str, token| NodeState {
            address: format!("{host}:9042").parse().unwrap(),
            dc: dc.into(),
            rack: "rack1".into(),
            token,
            bootstraps: false,
            process: None,
        };
        ClusterState {
            name: "example".into(),
            version: Version::V5_0,
            contact_points: vec![
                "127.0.9.1:9042".parse().unwrap(),
                "127.0.9.2:9042".parse().unwrap(),
            ],
            auth: None,
            tls: None,
            java: "/usr/bin/java".into(),
            jars: "/cache/cassandra-5.0.6".into(),
            heap_mib: 384,
            vnodes: 1,
            nodes: vec![node("127.0.9.1", "dc1", Some(-5)), node("127.0.9.2", "dc2", Some(7))],
            left: vec![],
        }
    }

    fn scratch_file(test: &str) -> PathBuf {
        let directory =
            env::temp_dir().join(format!("helenus-state-{test}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        directory.join(FILE)
    }

    #[test]
    fn a_state_reads_back_as_it_was_written() {
        let path = scratch_file("round-trip");
        let mut state = example();
        state.auth = Some(Credentials::superuser());
        state.nodes[0].process = Some(Process { pid: 17, started: 4711 });
        state.store(&path).unwrap();
        assert_eq!(ClusterState::load(&path).unwrap(), state);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn processes_recorded_at_the_same_time_are_all_kept() {
        let path = scratch_file("record");
        let state = example();
        state.store(&path).unwrap();
        std::thread::scope(|scope| {
            for (pid, node) in (1..).zip(&state.nodes) {
                let path = &path;
                scope.spawn(move || {
                    ClusterState::record_process(path, node.address, Process { pid, started: 1 })
                        .unwrap();
                });
            }
        });
        let pids: Vec<_> = ClusterState::load(&path)
            .unwrap()
            .nodes
            .iter()
            .map(|n| n.process.map(|p| p.pid))
            .collect();
        assert_eq!(pids, [Some(1), Some(2)]);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_file_that_is_no_state_is_named_in_the_error() {
        let path = scratch_file("broken");
        fs::write(&path, "{}").unwrap();
        let error = ClusterState::load(&path).unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}

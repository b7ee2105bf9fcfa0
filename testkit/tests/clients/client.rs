use std::fmt;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use helenus_testkit::EmbeddedCluster;
use tokio::runtime::Builder;

use crate::virtual_environment::VirtualEnvironment;
use crate::{CLIENTS, Outcome, cqlsh, program};

/// Whose driver speaks to the cluster, and in which version of the protocol where it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Python(u8),
    Cqlsh,
    Node,
    Java(u8),
    Go,
    Cpp,
}

impl Client {
    pub(crate) const ALL: [Self; 8] = [
        Self::Python(4),
        Self::Python(5),
        Self::Cqlsh,
        Self::Node,
        Self::Java(4),
        Self::Java(5),
        Self::Go,
        Self::Cpp,
    ];

    /// Why it is not to run, if it is not. A client that is named runs, or fails for want of its tools.
    pub(crate) fn absence(self, named: &[&str]) -> Option<String> {
        let name = self.name();
        if named.contains(&name) {
            return None;
        }
        match self {
            Self::Python(_) | Self::Cqlsh if has_virtual_environments() => None,
            Self::Python(_) | Self::Cqlsh => Some("there is no python3 with venv and pip".into()),
            Self::Node | Self::Java(_) | Self::Go | Self::Cpp => {
                Some(format!("{CLIENTS} does not name {name}"))
            }
        }
    }

    pub(crate) fn run(self) -> Outcome {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let cluster = runtime.block_on(EmbeddedCluster::start(3))?;
        let outcome = self.run_on(cluster.addresses()[0]);
        runtime.block_on(cluster.shutdown());
        outcome
    }

    fn run_on(self, node: SocketAddr) -> Outcome {
        match self {
            Self::Python(version) => program::python(python()?, node, version),
            Self::Cqlsh => cqlsh::run(python()?, node),
            Self::Node => program::node(node),
            Self::Java(version) => program::java(node, version),
            Self::Go => program::go(node),
            Self::Cpp => program::cpp(node),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Python(_) => "python",
            Self::Cqlsh => "cqlsh",
            Self::Node => "node",
            Self::Java(_) => "java",
            Self::Go => "go",
            Self::Cpp => "cpp",
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python(version) | Self::Java(version) => write!(f, "{}_v{version}", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}

/// Made once, by the first client that needs it.
fn python() -> Outcome<&'static VirtualEnvironment> {
    static PYTHON: OnceLock<Outcome<VirtualEnvironment>> = OnceLock::new();
    PYTHON.get_or_init(VirtualEnvironment::find_or_create).as_ref().map_err(Clone::clone)
}

fn has_virtual_environments() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import venv, ensurepip"]).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

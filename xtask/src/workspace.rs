use std::collections::{HashMap, HashSet};
use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Error;

/// A command that runs cargo in the workspace's directory, with nothing to read.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// The workspace's directory.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// What `cargo metadata` says of the workspace and of all it depends on, with every feature on.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: HashSet<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

/// A dependency as a package's manifest declares it.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Debug, Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Metadata {
    /// Fails when `Cargo.lock` does not fit the manifests.
    pub(crate) fn load() -> Result<Self, Error> {
        let mut command = cargo(&["metadata", "--locked", "--all-features", "--format-version=1"]);
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| Error::Run { command: "cargo metadata".into(), source })?;
        if !output.status.success() {
            return Err(Error::Failed(
                "cargo metadata --locked failed: Cargo.lock may be out of date".into(),
            ));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| {
            Error::Failed(format!("the output of cargo metadata cannot be read: {error}"))
        })
    }

    /// The workspace's own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The names of all packages that a package is built on: normal dependencies, and theirs.
    pub(crate) fn normal_closure(&self, package: &Package) -> HashSet<&str> {
        let nodes: HashMap<&str, &Node> =
            self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut reached = HashSet::new();
        let mut open = vec![package.id.as_str()];
        while let Some(node) = open.pop().and_then(|id| nodes.get(id)) {
            let normal = node
                .deps
                .iter()
                .filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            open.extend(normal.map(|edge| edge.pkg.as_str()).filter(|id| reached.insert(*id)));
        }
        self.packages
            .iter()
            .filter(|other| reached.contains(other.id.as_str()))
            .map(|other| other.name.as_str())
            .collect()
    }
}

impl Package {
    /// The dependencies of the package itself, without those of its tests and of its build script.
    pub(crate) fn normal_dependencies(&self) -> impl Iterator<Item = &str> {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.kind.is_none())
            .map(|dependency| dependency.name.as_str())
    }

    pub(crate) fn has_test_target(&self, name: &str) -> bool {
        self.targets
            .iter()
            .any(|target| target.name == name && target.kind.iter().any(|kind| kind == "test"))
    }
}

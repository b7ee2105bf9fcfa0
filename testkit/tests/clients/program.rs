//! Clients that are programs of ours: they check what they read, and say "done" in the end.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Outcome;
use crate::virtual_environment::VirtualEnvironment;

const NODE_DRIVER: &str = "cassandra-driver@4.10";

pub(crate) fn python(python: &VirtualEnvironment, node: SocketAddr, version: u8) -> Outcome {
    let mut command = python.python();
    command.args(["-W", "ignore", "-c", include_str!("python.py")]);
    done(at(&mut command, node).arg(version.to_string()))
}

pub(crate) fn node(node: SocketAddr) -> Outcome {
    let directory = directory("node")?;
    let install = ["install", "--no-save", "--no-audit", "--no-fund", NODE_DRIVER];
    output(Command::new("npm").args(install).current_dir(&directory))?;
    let mut command = Command::new("node");
    command.arg(scripts().join("node.mjs")).current_dir(&directory);
    done(at(&mut command, node))
}

pub(crate) fn java(node: SocketAddr, version: u8) -> Outcome {
    // Two versions of the protocol may want the jars at once.
    let directory = directory(&format!("java-v{version}"))?;
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", "dependency:copy-dependencies", "--file"]);
    maven.arg(scripts().join("java/pom.xml"));
    output(maven.arg(format!("-DoutputDirectory={}", directory.display())))?;
    let mut command = Command::new("java");
    command.arg("-cp").arg(directory.join("*")).arg(scripts().join("java/Client.java"));
    done(at(&mut command, node).args([&version.to_string(), "datacenter1"]))
}

pub(crate) fn go(node: SocketAddr) -> Outcome {
    let program = directory("go")?.join("client");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(scripts().join("go"));
    output(&mut build)?;
    done(at(&mut Command::new(program), node).arg("4"))
}

/// The driver's library is to be installed, where `pkg-config` finds it.
pub(crate) fn cpp(node: SocketAddr) -> Outcome {
    let flags = output(Command::new("pkg-config").args(["--cflags", "--libs", "cassandra"]))?;
    let flags = String::from_utf8(flags.stdout)?;
    let program = directory("cpp")?.join("client");
    let mut build = Command::new("c++");
    build.args(["-std=c++17", "-o"]).arg(&program).arg(scripts().join("cpp/client.cpp"));
    output(build.args(flags.split_whitespace()))?;
    done(at(&mut Command::new(program), node).arg("4"))
}

fn at(command: &mut Command, node: SocketAddr) -> &mut Command {
    command.args([node.ip().to_string(), node.port().to_string()])
}

fn done(command: &mut Command) -> Outcome {
    let output = output(command)?;
    if output.stdout.ends_with(b"done\n") {
        return Ok(());
    }
    Err(format!("it ended early: {}", String::from_utf8_lossy(&output.stdout)).into())
}

/// What a command that succeeds prints.
pub(crate) fn output(command: &mut Command) -> Outcome<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{program}: {}: {}", output.status, String::from_utf8_lossy(&said)).into())
}

/// A directory that is a client's own.
pub(crate) fn directory(name: &str) -> Outcome<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(name);
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

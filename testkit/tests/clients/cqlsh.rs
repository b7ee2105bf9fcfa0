//! Cassandra's shell: a script of it prints what `cqlsh.txt` holds, which is what it prints on Cassandra 5.0.

use std::fs::File;
use std::net::SocketAddr;

use crate::Outcome;
use crate::program::{directory, scripts};
use crate::virtual_environment::VirtualEnvironment;

const EXPECTED: &str = include_str!("cqlsh.txt");

pub(crate) fn run(python: &VirtualEnvironment, node: SocketAddr) -> Outcome {
    let directory = directory("cqlsh")?;
    let mut command = python.script("cqlsh");
    command.arg("--no-color").args([node.ip().to_string(), node.port().to_string()]);
    command.stdin(File::open(scripts().join("cqlsh.cql"))?);
    // Neither the user's settings nor the user's history.
    command.env("HOME", &directory).env("PYTHONWARNINGS", "ignore").current_dir(&directory);
    let output = command.output().map_err(|error| format!("cqlsh: {error}"))?;
    // The script has statements that are to fail, by which it ends.
    let printed = [output.stdout, output.stderr].concat();
    let printed = stable(&String::from_utf8_lossy(&printed));
    compare(&printed)
}

/// Without times and rates.
fn stable(printed: &str) -> String {
    let passing = ["rows/s", " seconds", "child process"];
    let lines = printed.lines().filter(|line| !passing.iter().any(|word| line.contains(word)));
    lines.map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn compare(printed: &str) -> Outcome {
    let mut pairs = EXPECTED.lines().zip(printed.lines()).zip(1..);
    if let Some(((expected, printed), line)) = pairs.find(|((e, p), _)| e != p) {
        return Err(format!("line {line}: {printed:?} instead of {expected:?}").into());
    }
    let (expected, lines) = (EXPECTED.lines().count(), printed.lines().count());
    if lines != expected {
        return Err(format!("{lines} lines instead of {expected}: {printed}").into());
    }
    Ok(())
}

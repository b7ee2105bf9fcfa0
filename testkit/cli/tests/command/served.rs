//! A cluster that the command serves.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// What the command does with these arguments, once it is done.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What the command says as it fails.
pub(crate) fn failure(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// What the command prints.
pub(crate) fn success(arguments: &[&str]) -> String {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helenus-testkit"));
    command.args(arguments);
    command
}

/// A process that serves, which ends when this is dropped.
pub(crate) struct Served {
    child: Child,
    out: BufReader<ChildStdout>,
    /// What was printed before `ready`.
    pub(crate) printed: Vec<String>,
}

impl Served {
    /// Serves, and waits until it is ready.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::run("serve", arguments)
    }

    /// Runs a command that says when it is ready.
    pub(crate) fn run(name: &str, arguments: &[&str]) -> Self {
        let mut child = command(&[&[name], arguments].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut printed = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended: {printed:?}");
            match line.trim_end() {
                "ready" => return Self { child, out, printed },
                other => printed.push(other.to_owned()),
            }
        }
    }

    pub(crate) fn addresses(&self) -> Vec<&str> {
        let lines = self.printed.iter().map(String::as_str);
        lines.filter(|line| !line.starts_with("control ")).collect()
    }

    /// Where it is controlled.
    pub(crate) fn control(&self) -> &str {
        self.printed.iter().find_map(|line| line.strip_prefix("control ")).unwrap()
    }

    pub(crate) fn end_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

/// Counts system calls, with strace.
#[derive(Debug, Clone, Copy)]
pub struct SystemCalls(());

impl SystemCalls {
    /// `None` where there is no strace.
    pub fn find() -> Option<Self> {
        let found = Command::new("strace").arg("--version").stdout(Stdio::null()).status();
        found.is_ok_and(|status| status.success()).then_some(Self(()))
    }

    /// The system calls of a whole run of a program, in all its threads.
    ///
    /// # Errors
    /// A program that does not end well, with what it said.
    pub fn count<A: AsRef<OsStr>>(
        self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<u64> {
        let output = Command::new("strace")
            .args(["-f", "-c", "-U", "name,calls"])
            .arg(program)
            .args(arguments)
            .output()?;
        let report = String::from_utf8_lossy(&output.stderr);
        let total = report.lines().rev().find(|line| line.trim_start().starts_with("total"));
        let count = total.filter(|_| output.status.success());
        let count = count.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        count.ok_or_else(|| io::Error::other(format!("strace counted nothing: {report}")))
    }
}

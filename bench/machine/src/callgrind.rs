use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

/// Counts instructions in user space, with valgrind.
#[derive(Debug, Clone, Copy)]
pub struct Callgrind(());

impl Callgrind {
    /// `None` where there is no valgrind.
    pub fn find() -> Option<Self> {
        let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
        found.is_ok_and(|status| status.success()).then_some(Self(()))
    }

    /// The instructions of a whole run of a program.
    ///
    /// # Errors
    /// A program that does not end well, with what it said.
    pub fn count<A: AsRef<OsStr>>(
        self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program)
            .args(arguments)
            .output()?;
        let report = String::from_utf8_lossy(&output.stderr);
        let count = report.split("Collected : ").nth(1).and_then(|rest| rest.lines().next());
        let count = count.filter(|_| output.status.success()).and_then(|count| count.parse().ok());
        count.ok_or_else(|| io::Error::other(format!("callgrind counted nothing: {report}")))
    }
}

use std::process::{Command, Stdio};

use bench_codec::{Error, Task};

/// Counts instructions with valgrind.
#[derive(Debug)]
pub(crate) struct Callgrind(());

impl Callgrind {
    /// `None` where there is no valgrind.
    pub(crate) fn find() -> Option<Self> {
        let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
        found.is_ok_and(|status| status.success()).then_some(Self(()))
    }

    /// Instructions of one run of the candidate at `place`: what a long series takes more than a short one.
    pub(crate) fn per_run(&self, task: &Task, place: usize) -> Result<f64, Error> {
        let (short, long) = (2, 2 + 10_000u32.div_ceil(task.units as u32));
        let more = self.count(task, place, long)? - self.count(task, place, short)?;
        Ok(more as f64 / f64::from(long - short))
    }

    fn count(&self, task: &Task, place: usize, times: u32) -> Result<u64, Error> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env!("CARGO_BIN_EXE_repeat"))
            .args([task.name, &place.to_string(), &times.to_string()])
            .output()?;
        let report = String::from_utf8_lossy(&output.stderr);
        let count = report.split("Collected : ").nth(1).and_then(|rest| rest.lines().next());
        Ok(count.ok_or_else(|| format!("callgrind counted nothing: {report}"))?.parse()?)
    }
}

use std::process::{Command, Stdio};

use bench_codec::{Error, Task};

/// How often one run of the candidate at `place` allocates.
pub(crate) fn per_run(task: &Task, place: usize) -> Result<u64, Error> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allocations"));
    let output = command.args([task.name, &place.to_string()]).stderr(Stdio::inherit()).output()?;
    Ok(str::from_utf8(&output.stdout)?.trim().parse()?)
}

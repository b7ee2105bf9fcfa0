use rustix::thread::{CpuSet, sched_setaffinity};

use crate::Error;

/// Keeps this thread, and those that it will start, on one core, counted from 0.
///
/// # Errors
/// A core that the machine does not have.
pub fn pin_to(core: usize) -> Result<(), Error> {
    if core >= CpuSet::MAX_CPU {
        return Err(format!("there is no core {core}").into());
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("core {core}: {error}").into())
}

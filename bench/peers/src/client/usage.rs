use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::Error;

/// Processor time that this process has used, in all its threads, in user space and in the kernel.
pub(super) fn processor_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(tv_sec.unsigned_abs(), tv_nsec as u32)
}

/// Memory that this process holds, in KiB.
pub(super) fn resident() -> Result<u64, Error> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.split_whitespace().next()).ok_or("there is no VmRSS")?;
    Ok(size.parse()?)
}

/// Sockets that this process has open.
pub(super) fn sockets() -> Result<usize, Error> {
    let mut sockets = 0;
    for file in fs::read_dir("/proc/self/fd")? {
        let target = file.and_then(|file| fs::read_link(file.path()));
        // The directory's own descriptor is gone when its entry is looked at.
        let is_socket = target.is_ok_and(|path| path.to_string_lossy().starts_with("socket:"));
        sockets += usize::from(is_socket);
    }
    Ok(sockets)
}

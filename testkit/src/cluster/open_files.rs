//! How many files the process may have open.

use std::io;

/// Files that a node takes while a test talks to it: where it listens, and both ends of some connections.
#[cfg(unix)]
const PER_NODE: u64 = 8;

/// Raises the process' limit, as far as it may, to what a cluster of this many nodes takes.
pub(super) fn allow_for(nodes: usize) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let wanted = u64::try_from(nodes).unwrap_or(u64::MAX).saturating_mul(PER_NODE);
        if let Some(limit) = current.filter(|limit| *limit < wanted) {
            let raised = maximum.map_or(wanted, |maximum| wanted.min(maximum)).max(limit);
            // Where it may not be raised, listening fails and says so.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
        }
    }
    #[cfg(not(unix))]
    let _ = nodes;
}

/// The limit, if `error` says that it is reached.
pub(super) fn reached_limit(error: &io::Error) -> Option<u64> {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        return Some(limit.unwrap_or(u64::MAX));
    }
    let _ = error;
    None
}

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde::{Deserialize, Serialize};

/// A process that was started: its id, and when the kernel started it, in clock ticks since boot. Together they tell it
/// from a later process with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) started: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Running,
    Stopped,
    Gone,
}

impl Process {
    /// The process that has this id now.
    pub(super) fn with_pid(pid: u32) -> io::Result<Self> {
        let stat = Stat::read(pid)?;
        Ok(Self { pid, started: stat.started })
    }

    pub(super) fn condition(self) -> Condition {
        match Stat::read(self.pid) {
            Ok(stat) if stat.started != self.started => Condition::Gone,
            Ok(Stat { state: 'T' | 't', .. }) => Condition::Stopped,
            // While other threads of a killed process are still ending, its files and ports are not free yet.
            Ok(Stat { state: 'Z' | 'X', threads: 0 | 1, .. }) => {
                self.reap();
                Condition::Gone
            }
            Ok(_) => Condition::Running,
            Err(_) => Condition::Gone,
        }
    }

    /// Sends the signal, unless the process is gone: then the answer is false.
    pub(super) fn signal(self, signal: Signal) -> io::Result<bool> {
        let Some(pid) = self.id().filter(|_| self.condition() != Condition::Gone) else {
            return Ok(false);
        };
        match kill_process(pid, signal) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Waits until the process is in this condition; false when it is not after the time.
    pub(super) fn wait_until(self, condition: Condition, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while self.condition() != condition {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// Takes the exit status of a child, which else stays a zombie for as long as this process lives.
    fn reap(self) {
        if let Some(pid) = self.id() {
            let _not_our_child = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }

    fn id(self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.pid).ok()?)
    }
}

/// What is of interest in `/proc/<pid>/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: char,
    threads: u32,
    started: u64,
}

impl Stat {
    fn read(pid: u32) -> io::Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&text).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "unknown form of /proc/<pid>/stat")
        })
    }

    /// The second field is the program's name in parentheses and may itself hold blanks and parentheses.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        Some(Self {
            state: fields.next()?.chars().next()?,
            threads: fields.nth(16)?.parse().ok()?,
            started: fields.nth(1)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn stat_is_read_past_a_name_with_parentheses() {
        let text = "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 33 0 987654 1000 200";
        assert_eq!(Stat::parse(text), Some(Stat { state: 'S', threads: 33, started: 987_654 }));
        assert_eq!(Stat::parse("nonsense"), None);
    }

    #[test]
    fn a_process_is_stopped_continued_and_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::with_pid(child.id()).unwrap();
        assert_eq!(process.condition(), Condition::Running);

        assert!(process.signal(Signal::STOP).unwrap());
        assert!(process.wait_until(Condition::Stopped, Duration::from_secs(10)));
        assert!(process.signal(Signal::CONT).unwrap());
        assert!(process.signal(Signal::KILL).unwrap());
        assert!(process.wait_until(Condition::Gone, Duration::from_secs(10)));
        assert!(!process.signal(Signal::KILL).unwrap());
        assert!(child.wait().is_err(), "its exit status was taken");
    }

    #[test]
    fn a_recycled_process_id_is_never_signalled() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let own = Process::with_pid(child.id()).unwrap();
        let earlier = Process { started: own.started - 1, ..own };

        assert_eq!(earlier.condition(), Condition::Gone);
        assert!(!earlier.signal(Signal::KILL).unwrap());
        assert_eq!(own.condition(), Condition::Running);

        child.kill().unwrap();
        child.wait().unwrap();
    }
}

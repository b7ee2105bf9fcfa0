use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::Error;

/// Whether somebody asked this program to end, by Ctrl-C or `SIGTERM`. While one exists, these no longer end it at
/// once, so that what it started can be taken down first.
#[derive(Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    pub(crate) fn listen() -> Result<Self, Error> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&asked))
                .map_err(|source| Error::Run { command: "signal handler".into(), source })?;
        }
        Ok(Self(asked))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// Runs a command to its end and hands on each line of its standard output as it comes. An interrupt ends the command
/// with all that it started. Returns whether it succeeded.
pub(crate) fn run_lines(
    command: &mut Command,
    interrupt: &Interrupt,
    on_line: &mut dyn FnMut(&str),
) -> Result<bool, Error> {
    let failed = |source| Error::Run { command: "cargo".into(), source };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let (sender, lines) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || read_lines(stdout, &sender));
    }
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => on_line(&line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Err(interrupted) = interrupt.check() {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                let _already_gone = kill_process_group(group, Signal::TERM);
            }
            child.wait().map_err(failed)?;
            return Err(interrupted);
        }
    }
    Ok(child.wait().map_err(failed)?.success())
}

fn read_lines(stdout: ChildStdout, lines: &Sender<String>) {
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    while stdout.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
        line.clear();
        if lines.send(text).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_arrive_in_order_and_the_exit_code_tells_success() {
        let interrupt = Interrupt(Arc::default());
        let mut lines = Vec::new();
        let ok = run_lines(&mut shell("echo one; printf two; exit 3"), &interrupt, &mut |line| {
            lines.push(line.to_owned());
        });
        assert!(!ok.unwrap());
        assert_eq!(lines, ["one", "two"]);
        assert!(run_lines(&mut shell("true"), &interrupt, &mut |_| {}).unwrap());
    }

    #[test]
    fn an_interrupt_ends_the_command_and_what_it_started() {
        let interrupt = Interrupt(Arc::default());
        let asked = Arc::clone(&interrupt.0);
        let mut command = shell("echo started; sleep 60 & sleep 60");
        let result =
            run_lines(&mut command, &interrupt, &mut |_| asked.store(true, Ordering::Relaxed));
        assert!(matches!(result, Err(Error::Interrupted)));
    }
}

//! What ends a cluster that is served.

use tokio::io::{AsyncReadExt, stdin};

use crate::error::CliError;

/// Signals that were listened for from the start, so that none is lost.
pub(crate) struct Stop {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    until_stdin_ends: bool,
}

impl Stop {
    pub(crate) fn new(until_stdin_ends: bool) -> Result<Self, CliError> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| signal(kind).map_err(CliError::Signals);
            let interrupt = listen(SignalKind::interrupt())?;
            let terminate = listen(SignalKind::terminate())?;
            Ok(Self { interrupt, terminate, until_stdin_ends })
        }
        #[cfg(not(unix))]
        Ok(Self { until_stdin_ends })
    }

    /// Waits for SIGINT, for SIGTERM or, where that was asked for, for the end of what is typed.
    pub(crate) async fn wait(&mut self) {
        let until_stdin_ends = self.until_stdin_ends;
        tokio::select! {
            () = self.signal() => {}
            () = end_of_stdin(), if until_stdin_ends => {}
        }
    }

    #[cfg(unix)]
    async fn signal(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn signal(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

async fn end_of_stdin() {
    let (mut stdin, mut typed) = (stdin(), [0; 256]);
    // What cannot be read has ended, too.
    while matches!(stdin.read(&mut typed).await, Ok(1..)) {}
}

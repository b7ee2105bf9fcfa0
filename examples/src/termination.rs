use std::io;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use helenus::Session;

/// How long requests under way may take once a program is told to end.
const LIMIT: Duration = Duration::from_secs(5);

/// A signal that tells a program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// Ctrl-C.
    Interrupt,
    /// `SIGTERM`, by which service managers end programs.
    Terminate,
}

impl Termination {
    /// Waits for one.
    ///
    /// # Errors
    /// Signals that cannot be listened to.
    #[cfg(unix)]
    pub async fn wait() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt.map(|()| Self::Interrupt),
            _ = terminate.recv() => Ok(Self::Terminate),
        }
    }

    /// Waits for one.
    ///
    /// # Errors
    /// Signals that cannot be listened to.
    #[cfg(not(unix))]
    pub async fn wait() -> io::Result<Self> {
        tokio::signal::ctrl_c().await.map(|()| Self::Interrupt)
    }

    /// Does work with a session until it is done or a signal comes. Then requests under way may still finish, and new
    /// ones are refused, so that the work comes to its end.
    ///
    /// # Errors
    /// Signals that cannot be listened to.
    pub async fn or<T>(
        work: impl Future<Output = T>,
        session: &Session,
    ) -> io::Result<Result<T, Self>> {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => Ok(Ok(done)),
            signal = Self::wait() => {
                let signal = signal?;
                tokio::join!(session.shutdown(LIMIT), work);
                Ok(Err(signal))
            }
        }
    }

    /// What a program ends with that was ended by the signal: 128 and the signal's number.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Interrupt => ExitCode::from(130),
            Self::Terminate => ExitCode::from(143),
        }
    }
}

//! A replay as a test holds it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::answers::Answers;
use super::{ReplayBuilder, connection};
use crate::recording::Recording;
use crate::server::Door;

/// Answers clients out of a [`Recording`], without a node.
///
/// A request gets the answer that the same request got: the same statement with the same values, consistency and page,
/// in the same version of the protocol; timestamps do not matter. If it was asked several times, the answers come in
/// their order, and the last again and again. Of STARTUP, AUTH_RESPONSE, REGISTER and OPTIONS the kind is enough, and
/// compression is what the client asks for. A request that the recording does not have fails with `invalid`, and is
/// [remembered](Self::unanswered). Events are not replayed.
///
/// It ends when it is dropped; [`shutdown`](Self::shutdown) also waits until it has.
///
/// ```no_run
/// use helenus_testkit::{Recording, Replay};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let replay = Replay::of(Recording::open("monday.rec")?).start().await?;
/// // Here a driver connects to `replay.address()`.
/// assert_eq!(replay.unanswered(), [""; 0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Replay {
    address: SocketAddr,
    answers: Arc<Answers>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Replay {
    /// Describes a replay before it starts.
    pub fn of(recording: Recording) -> ReplayBuilder {
        ReplayBuilder::new(recording)
    }

    pub(super) fn run(
        address: SocketAddr,
        listener: TcpListener,
        answers: Arc<Answers>,
        keeps_time: bool,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let door = Door::new(listener, address);
        let task = tokio::spawn(serve(door, answers.clone(), keeps_time, stopped));
        Self { address, answers, stop: Some(stop), task }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The latest requests that the recording has no answer to, oldest first: at most 1,000.
    pub fn unanswered(&self) -> Vec<String> {
        self.answers.unanswered()
    }

    /// Ends all connections and waits until they have ended.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        // The task has no panic to report but one that was printed already.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    door: Door,
    answers: Arc<Answers>,
    keeps_time: bool,
    mut stop: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            (stream, _) = door.accept() => {
                connections.spawn(connection::serve(stream, answers.clone(), keeps_time));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

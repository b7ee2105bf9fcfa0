//! Answers lines.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_testkit::Watched;
use serde::Serialize;
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::stream::{Listener, Stream};
use super::{
    Answer, ControlAddress, Fed, LineError, Lines, Problem, ProblemKind, Request, Subject,
    WatchedRequest,
};
use crate::error::CliError;

/// Connections that are served at once.
const MOST_CONNECTIONS: usize = 64;
/// How long nothing is accepted after that failed, which is mostly for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(10);

/// The task that listens. It owns those of its connections.
pub(crate) struct ControlServer {
    address: ControlAddress,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl ControlServer {
    pub(crate) async fn start(
        address: &ControlAddress,
        subject: Arc<impl Subject>,
    ) -> Result<Self, CliError> {
        let listener = Listener::bind(address).await?;
        let address = listener.address(address);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(listen(listener, subject, stopped));
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &ControlAddress {
        &self.address
    }

    /// Ends all connections and waits until they have ended.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        // It has no panic to report but one that was printed already.
        let _ = self.task.await;
    }
}

async fn listen(listener: Listener, subject: Arc<impl Subject>, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok(stream) => {
                    let is_full = connections.len() >= MOST_CONNECTIONS;
                    connections.spawn(serve(stream, subject.clone(), is_full));
                }
                Err(_) => sleep(PAUSE).await,
            },
        }
    }
    connections.shutdown().await;
}

async fn serve(stream: Box<dyn Stream>, subject: Arc<impl Subject>, is_full: bool) {
    let (read, write) = split(stream);
    let mut connection = Connection { lines: Lines::new(read), write, subject };
    if is_full {
        let message = format!("{MOST_CONNECTIONS} connections are open already");
        let problem = Problem::new(ProblemKind::TooMany, message);
        // A client that is gone needs no answer.
        let _ = connection.send(&Answer::Error(problem)).await;
        return;
    }
    // A connection ends in whatever way its client ends it.
    let _ = connection.run().await;
}

struct Connection<S> {
    lines: Lines<ReadHalf<Box<dyn Stream>>>,
    write: WriteHalf<Box<dyn Stream>>,
    subject: Arc<S>,
}

impl<S: Subject> Connection<S> {
    async fn run(&mut self) -> Result<(), LineError> {
        loop {
            let line = match self.lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(()),
                Err(error) => {
                    let problem = Problem::new(ProblemKind::BadRequest, error.to_string());
                    self.send(&Answer::Error(problem)).await?;
                    return Err(error);
                }
            };
            let request = match serde_json::from_str(&line) {
                Ok(Request::Watch) => return self.watch().await,
                Ok(request) => self.subject.carry_out(request).await,
                Err(error) => Err(Problem::new(ProblemKind::BadRequest, error.to_string())),
            };
            self.send(&request.map_or_else(Answer::Error, Answer::Ok)).await?;
        }
    }

    /// Tells of requests until the client goes or the cluster ends.
    async fn watch(&mut self) -> Result<(), LineError> {
        let Some(mut feed) = self.subject.feed() else {
            let message = "a proxy's requests are not watched, they are recorded";
            let problem = Problem::new(ProblemKind::BadRequest, message);
            return self.send(&Answer::Error(problem)).await;
        };
        let start = Instant::now();
        self.send(&Answer::Ok(serde_json::json!({}))).await?;
        loop {
            tokio::select! {
                line = self.lines.next() => {
                    if line?.is_none() {
                        return Ok(());
                    }
                }
                watched = feed.next() => {
                    let fed = match watched {
                        Some(Watched::Request(request)) => {
                            Fed::Request(WatchedRequest::new(&request, start))
                        }
                        Some(Watched::Missed(requests)) => Fed::Missed(requests),
                        Some(_) => continue,
                        None => return Ok(()),
                    };
                    self.send(&fed).await?;
                }
            }
        }
    }

    async fn send(&mut self, line: &impl Serialize) -> Result<(), LineError> {
        let mut bytes = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        bytes.push(b'\n');
        self.write.write_all(&bytes).await?;
        Ok(self.write.flush().await?)
    }
}

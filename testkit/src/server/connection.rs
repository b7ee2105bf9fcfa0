//! One connection: reads much at once, answers all that is there, writes it at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};

use super::delayed_answers::DelayedAnswers;
use super::framing::Framing;
use super::session::{Answered, Flow, Session};
use super::spoilt_answer::{End, SpoiltAnswer};
use super::wire::Wire;
use crate::cluster::{Announcement, ClusterState, OpenConnection, Pauses};
use crate::fault::Effect;

const READ_BUFFER: usize = 64 * 1024;
/// Answers that are worth a write even if more requests wait.
const WRITE_AT: usize = 256 * 1024;
/// How long a client has to read why it is being disconnected.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a client until one side closes.
pub(super) async fn serve(stream: TcpStream, cluster: Arc<ClusterState>, open: OpenConnection) {
    let client = open.client;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%client, %error, "small packets may wait");
    }
    #[cfg(feature = "tls")]
    if let Some(tls) = &cluster.tls {
        let mut pauses = open.member.pauses.subscribe();
        // A node that is frozen leaves the handshake unanswered.
        let _ = pauses.wait_for(|pauses| !pauses.is_frozen).await;
        match tls.accept(open.member.address.ip(), stream).await {
            Ok(stream) => converse(stream, cluster, open).await,
            Err(error) => tracing::debug!(%client, %error, "a TLS handshake failed"),
        }
        return;
    }
    converse(stream, cluster, open).await;
}

async fn converse(stream: impl Wire, cluster: Arc<ClusterState>, open: OpenConnection) {
    let pauses = open.member.pauses.subscribe();
    let events = cluster.subscribe();
    let client = open.client;
    let session = Session::new(cluster, open.member.clone(), open.id, client, open.shard);
    let connection = Connection {
        stream,
        session,
        framing: Framing::Bare,
        pauses,
        events,
        input: BytesMut::new(),
        answers: Vec::new(),
        delayed: DelayedAnswers::default(),
        output: Vec::new(),
    };
    if let Err(error) = connection.run().await {
        tracing::debug!(%client, %error, "a connection ended");
    }
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Wait,
    Close,
    /// It ends without a farewell.
    Abort,
}

struct Connection<S> {
    stream: S,
    session: Session,
    framing: Framing,
    pauses: watch::Receiver<Pauses>,
    events: broadcast::Receiver<Announcement>,
    input: BytesMut,
    /// Frames that are not in `output` yet.
    answers: Vec<u8>,
    delayed: DelayedAnswers,
    /// Bytes that are to be written.
    output: Vec<u8>,
}

impl<S: Wire> Connection<S> {
    async fn run(mut self) -> io::Result<()> {
        loop {
            // The cluster, and with it the sender, lives at least as long as the connection.
            let _ = self.pauses.wait_for(|pauses| !pauses.is_frozen).await;
            let reads = !self.session.pauses_reads();
            self.input.reserve(READ_BUFFER);
            tokio::select! {
                read = self.stream.read_buf(&mut self.input), if reads => {
                    if read? == 0 {
                        return Ok(());
                    }
                    // What was read while the node froze waits until it thaws.
                    let _ = self.pauses.wait_for(|pauses| !pauses.is_frozen).await;
                    match self.answer().await? {
                        Next::Wait => {}
                        Next::Close => return self.close().await,
                        Next::Abort => return Ok(()),
                    }
                }
                announcement = self.events.recv() => {
                    self.notify(announcement).await?;
                }
                () = self.delayed.due() => {
                    self.delayed.take_due(&mut self.output);
                    self.flush().await?;
                }
                _ = self.pauses.changed() => {}
            }
        }
    }

    async fn answer(&mut self) -> io::Result<Next> {
        loop {
            let start = self.answers.len();
            let Some(Answered { flow, effects }) = self.receive() else { break };
            if !effects.is_empty() {
                let answer = self.answers.split_off(start);
                let next = self.spoil(answer, effects, flow).await?;
                if next != Next::Wait {
                    return Ok(next);
                }
            }
            match flow {
                Flow::Continue if self.answers.len() < WRITE_AT => {}
                Flow::Continue => self.flush().await?,
                Flow::Segments(format) => {
                    self.flush().await?;
                    self.framing = Framing::segmented(format);
                }
                Flow::Close => {
                    self.flush().await?;
                    return Ok(Next::Close);
                }
            }
        }
        self.flush().await?;
        Ok(Next::Wait)
    }

    /// Answers the next request; `None` if it is not there as a whole.
    fn receive(&mut self) -> Option<Answered> {
        match self.framing.unwrap(&mut self.input) {
            Ok(frames) => self.session.receive(frames, &mut self.answers),
            Err(error) => Some(self.session.refuse_segment(&error, &mut self.answers)),
        }
    }

    /// Makes of an answer what faults are to make of it.
    async fn spoil(
        &mut self,
        answer: Vec<u8>,
        effects: Vec<Effect>,
        flow: Flow,
    ) -> io::Result<Next> {
        self.flush().await?;
        let spoilt = SpoiltAnswer::new(answer, effects, &mut self.framing);
        match spoilt.delay {
            None => self.output.extend_from_slice(&spoilt.bytes),
            // What follows the answer to STARTUP follows it in time too.
            Some(delay) if matches!(flow, Flow::Segments(_)) => {
                sleep(delay).await;
                self.output.extend_from_slice(&spoilt.bytes);
            }
            Some(delay) => self.delayed.push(delay, spoilt.bytes),
        }
        self.flush().await?;
        match spoilt.end {
            None => Ok(Next::Wait),
            Some(End::Close) => Ok(Next::Close),
            Some(End::Reset) => {
                self.stream.tcp().set_zero_linger()?;
                Ok(Next::Abort)
            }
        }
    }

    async fn notify(
        &mut self,
        announcement: Result<Announcement, broadcast::error::RecvError>,
    ) -> io::Result<()> {
        // A client that fell behind has lost events, as it may with a real node.
        if let Ok(announcement) = announcement
            && self.session.wants_events()
        {
            for _ in 0..announcement.times {
                self.session.notify(&announcement, &mut self.answers);
                if self.answers.len() >= WRITE_AT {
                    self.flush().await?;
                }
            }
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.framing.wrap(&mut self.answers, &mut self.output);
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Closes without a reset, which could take the last answer with it.
    async fn close(mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let drained = async {
            while self.stream.read_buf(&mut self.input).await? > 0 {
                self.input.clear();
            }
            Ok(())
        };
        timeout(LINGER, drained).await.unwrap_or(Ok(()))
    }
}

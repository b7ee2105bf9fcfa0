//! One connection: reads much at once, answers all that is there, writes it at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;

use super::session::{Flow, Session};
use crate::cluster::{Announcement, ClusterState, Member};

const READ_BUFFER: usize = 64 * 1024;
/// Answers that are worth a write even if more requests wait.
const WRITE_AT: usize = 256 * 1024;
/// How long a client has to read why it is being disconnected.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a client until one side closes.
pub(super) async fn serve(
    stream: TcpStream,
    client: SocketAddr,
    cluster: Arc<ClusterState>,
    member: Arc<Member>,
) {
    let _open = member.open_connection();
    let frozen = member.frozen.subscribe();
    let events = cluster.subscribe();
    let session = Session::new(cluster, member, client);
    let connection =
        Connection { stream, session, frozen, events, input: BytesMut::new(), output: Vec::new() };
    if let Err(error) = connection.run().await {
        tracing::debug!(%client, %error, "a connection ended");
    }
}

struct Connection {
    stream: TcpStream,
    session: Session,
    frozen: watch::Receiver<bool>,
    events: broadcast::Receiver<Announcement>,
    input: BytesMut,
    output: Vec<u8>,
}

impl Connection {
    async fn run(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        loop {
            // The cluster, and with it the sender, lives at least as long as the connection.
            let _ = self.frozen.wait_for(|frozen| !*frozen).await;
            self.input.reserve(READ_BUFFER);
            tokio::select! {
                read = self.stream.read_buf(&mut self.input) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    // What was read while the node froze waits until it thaws.
                    let _ = self.frozen.wait_for(|frozen| !*frozen).await;
                    if self.answer().await? == Flow::Close {
                        return self.close().await;
                    }
                }
                announcement = self.events.recv() => {
                    self.notify(announcement).await?;
                }
                _ = self.frozen.changed() => {}
            }
        }
    }

    async fn answer(&mut self) -> io::Result<Flow> {
        while let Some(flow) = self.session.receive(&mut self.input, &mut self.output) {
            if flow == Flow::Close {
                self.flush().await?;
                return Ok(Flow::Close);
            }
            if self.output.len() >= WRITE_AT {
                self.flush().await?;
            }
        }
        self.flush().await?;
        Ok(Flow::Continue)
    }

    async fn notify(
        &mut self,
        announcement: Result<Announcement, broadcast::error::RecvError>,
    ) -> io::Result<()> {
        // A client that fell behind has lost events, as it may with a real node.
        if let Ok(announcement) = announcement
            && self.session.wants_events()
        {
            self.session.notify(&announcement, &mut self.output);
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
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

//! Requests as they come.

use std::sync::OnceLock;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{EmbeddedCluster, SeenRequest};

/// Requests that a reader may fall behind by.
const BACKLOG: usize = 4096;

/// What a [`RequestFeed`] gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Watched {
    /// A node was sent a request.
    Request(SeenRequest),
    /// Here this many requests are missing, as the reader was too slow for them.
    Missed(u64),
}

/// The requests that a cluster is sent from now on, in the order in which they come, as
/// [`EmbeddedCluster::watch`] gives them.
#[derive(Debug)]
pub struct RequestFeed {
    requests: broadcast::Receiver<SeenRequest>,
}

impl RequestFeed {
    /// The next request, once there is one; `None` when the cluster has ended. It may be dropped at any point without
    /// losing anything.
    pub async fn next(&mut self) -> Option<Watched> {
        match self.requests.recv().await {
            Ok(request) => Some(Watched::Request(request)),
            Err(RecvError::Lagged(missed)) => Some(Watched::Missed(missed)),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Where nodes tell of requests, if anybody has ever listened.
#[derive(Debug, Default)]
pub(crate) struct RequestFeeds {
    sender: OnceLock<broadcast::Sender<SeenRequest>>,
}

impl RequestFeeds {
    pub(crate) fn tell(&self, request: &SeenRequest) {
        if let Some(sender) = self.sender.get()
            && sender.receiver_count() > 0
        {
            // It fails only where nobody listens any more.
            let _ = sender.send(request.clone());
        }
    }

    fn subscribe(&self) -> RequestFeed {
        let sender = self.sender.get_or_init(|| broadcast::Sender::new(BACKLOG));
        RequestFeed { requests: sender.subscribe() }
    }
}

impl EmbeddedCluster {
    /// Tells of every request from now on. A reader that falls behind by more than 4,096 requests misses the oldest of
    /// them, and is told how many.
    ///
    /// ```
    /// use helenus_testkit::{EmbeddedCluster, Watched};
    ///
    /// # async fn example(cluster: &EmbeddedCluster) {
    /// let mut feed = cluster.watch();
    /// while let Some(watched) = feed.next().await {
    ///     match watched {
    ///         Watched::Request(request) => println!("{request}"),
    ///         Watched::Missed(requests) => println!("({requests} requests were missed)"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn watch(&self) -> RequestFeed {
        self.state.feeds.subscribe()
    }
}

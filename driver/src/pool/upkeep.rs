use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Pool, PoolSettings, random};
use crate::connection::{CloseReason, Connection};

/// A connection lost sooner than this counts as a failed attempt, or a node that accepts and hangs up would be tried
/// without pause.
const SETTLED: Duration = Duration::from_secs(1);

impl Pool {
    /// Keeps the pool at its size until it is shut down.
    pub(crate) async fn run(self: Arc<Self>, settings: Arc<PoolSettings>) {
        let retired = Arc::new(Notify::new());
        let mut lives = JoinSet::new();
        let mut failures = 0;
        let mut grown_at = Instant::now();
        let mut next_attempt = Some(grown_at);
        loop {
            let due = async {
                match next_attempt {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.asked_to_end() => break,
                Some(ended) = lives.join_next() => {
                    self.report_end(ended.ok());
                    if grown_at.elapsed() < SETTLED {
                        failures = failures.max(1);
                    }
                }
                () = retired.notified() => {}
                () = self.reconnect.notified() => (failures, next_attempt) = (0, Some(Instant::now())),
                () = due => {
                    let grown = tokio::select! {
                        grown = self.grow(&settings, &retired, &mut lives) => grown,
                        () = self.asked_to_end() => break,
                    };
                    (next_attempt, grown_at) = (None, Instant::now());
                    failures = if grown { 0 } else { failures + 1 };
                }
            }
            self.publish(Vec::new());
            if self.open_connections() < self.size && next_attempt.is_none() {
                let delay = match failures {
                    0 => Duration::ZERO,
                    n => settings.reconnection.delay(n - 1, random()),
                };
                next_attempt = Some(Instant::now() + delay);
            }
        }
        let deadline = self.shutdown.borrow().unwrap_or_else(Instant::now);
        self.end(lives, deadline).await;
    }

    async fn asked_to_end(&self) {
        // The sender lives as long as the pool.
        let _ = self.shutdown.subscribe().wait_for(Option::is_some).await;
    }

    /// Opens the connections that are missing; returns whether all of them could be made.
    async fn grow(
        &self,
        settings: &PoolSettings,
        retired: &Arc<Notify>,
        lives: &mut JoinSet<CloseReason>,
    ) -> bool {
        let missing = self.size.saturating_sub(self.open_connections());
        let known = *self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let version = known.unwrap_or(settings.connection.max_version);
        let attempt = || async {
            // The semaphore is never closed.
            let _permit = settings.attempts.acquire().await;
            let config = Arc::clone(&settings.connection);
            let keyspace = settings.keyspace.as_deref();
            let retired = Arc::clone(retired);
            Connection::open_to(self.node.address, config, version, keyspace, retired, None).await
        };
        let mut made = Vec::with_capacity(missing);
        let mut failure = None;
        for attempt in join_all((0..missing).map(|_| attempt())).await {
            match attempt {
                Ok((connection, life)) => {
                    lives.spawn(life);
                    made.push(connection);
                }
                Err(error) => failure = Some(error),
            }
        }
        if let Some(error) = &failure {
            tracing::debug!(node = %self.node.address, %error, "cannot connect");
        }
        let is_whole = failure.is_none();
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
        // A node that cannot be reached may come back as another version.
        let version = made.first().map(|connection: &Arc<Connection>| connection.version());
        *self.version.lock().unwrap_or_else(PoisonError::into_inner) = version;
        self.publish(made);
        self.has_tried.send_replace(true);
        is_whole
    }

    /// Shows the hot path the connections that are open, and `new` ones.
    fn publish(&self, new: Vec<Arc<Connection>>) {
        let current = self.connections.load();
        let is_same = new.is_empty() && current.iter().all(|connection| connection.is_open());
        if !is_same {
            let (open, gone): (Vec<_>, Vec<_>) =
                current.iter().cloned().partition(|connection| connection.is_open());
            self.replace(open.into_iter().chain(new).collect());
            self.forget(&gone);
        }
    }

    fn replace(&self, connections: Vec<Arc<Connection>>) -> Arc<Vec<Arc<Connection>>> {
        self.is_up.store(!connections.is_empty(), Ordering::Relaxed);
        self.connections.swap(Arc::new(connections))
    }

    /// Keeps the figures of connections that are gone.
    fn forget(&self, gone: &[Arc<Connection>]) {
        let requests: u64 = gone.iter().map(|connection| connection.requests()).sum();
        self.past_requests.fetch_add(requests, Ordering::Relaxed);
    }

    fn report_end(&self, reason: Option<CloseReason>) {
        let reason = reason.unwrap_or(CloseReason::Drained);
        tracing::info!(node = %self.node.address, %reason, "connection closed");
    }

    async fn end(&self, mut lives: JoinSet<CloseReason>, deadline: Instant) {
        let connections = self.replace(Vec::new());
        connections.iter().for_each(|connection| connection.drain());
        self.forget(&connections);
        drop(connections);
        let drained = async { while lives.join_next().await.is_some() {} };
        if timeout_at(deadline, drained).await.is_err() {
            lives.shutdown().await;
        }
    }
}

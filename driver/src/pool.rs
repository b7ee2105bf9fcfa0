use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::future::join_all;
use helenus_policies::{Distance, Node, Reconnection};
use helenus_protocol::{FrameFlags, ProtocolVersion, Request};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::connection::{CloseReason, ConnectError, Connection, ConnectionConfig, SendError, Sent};

/// A connection lost sooner than this counts as a failed attempt, or a node that accepts and hangs up would be tried
/// without pause.
const SETTLED: Duration = Duration::from_secs(1);

/// What all pools of a session share.
#[derive(Debug)]
pub(crate) struct PoolSettings {
    pub(crate) connection: Arc<ConnectionConfig>,
    pub(crate) keyspace: Option<String>,
    pub(crate) local_connections: usize,
    pub(crate) remote_connections: usize,
    pub(crate) reconnection: Arc<dyn Reconnection>,
    /// Connections that may be in the making at once, across the session.
    pub(crate) attempts: Semaphore,
}

/// The connections to one node. The hot path only reads them; the pool's own task changes them.
#[derive(Debug)]
pub(crate) struct Pool {
    node: Node,
    distance: Distance,
    size: usize,
    connections: ArcSwap<Vec<Arc<Connection>>>,
    /// Whether there are connections, for those who only ask.
    is_up: AtomicBool,
    /// Requests sent over connections that are gone.
    past_requests: AtomicU64,
    failure: Mutex<Option<ConnectError>>,
    has_tried: watch::Sender<bool>,
    shutdown: watch::Sender<Option<Instant>>,
    reconnect: Notify,
    is_reported_down: AtomicBool,
    /// The protocol version that the node was last spoken to in.
    version: Mutex<Option<ProtocolVersion>>,
}

impl Pool {
    pub(crate) fn new(node: Node, distance: Distance, settings: &PoolSettings) -> Self {
        let size = match distance {
            Distance::Local => settings.local_connections.max(1),
            Distance::Remote => settings.remote_connections,
            Distance::Ignored => 0,
        };
        Self {
            node,
            distance,
            size,
            connections: ArcSwap::default(),
            is_up: AtomicBool::new(false),
            past_requests: AtomicU64::new(0),
            failure: Mutex::new(None),
            has_tried: watch::Sender::new(size == 0),
            shutdown: watch::Sender::new(None),
            reconnect: Notify::new(),
            is_reported_down: AtomicBool::new(false),
            version: Mutex::new(None),
        }
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// How near the node is.
    pub(crate) fn distance(&self) -> Distance {
        self.distance
    }

    /// Whether a connection takes requests.
    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// Whether the node takes part in the cluster, as far as is known: of a node without connections only what its
    /// neighbours report is.
    pub(crate) fn is_believed_up(&self) -> bool {
        match self.size {
            0 => !self.is_reported_down.load(Ordering::Relaxed),
            _ => self.is_up(),
        }
    }

    /// Takes note of what the node's neighbours say of it: that it is up is a reason to connect now.
    pub(crate) fn take_report(&self, is_up: bool) {
        self.is_reported_down.store(!is_up, Ordering::Relaxed);
        if is_up {
            self.reconnect.notify_one();
        }
    }

    /// Connections that take requests.
    pub(crate) fn open_connections(&self) -> usize {
        self.connections.load().len()
    }

    /// Requests that wait for the node's answers.
    pub(crate) fn in_flight(&self) -> usize {
        self.connections.load().iter().map(|connection| connection.in_flight()).sum()
    }

    /// Stream ids whose requests were given up and not answered yet.
    pub(crate) fn orphans(&self) -> usize {
        self.connections.load().iter().map(|connection| connection.orphans()).sum()
    }

    /// Requests sent since the pool was made.
    pub(crate) fn requests(&self) -> u64 {
        let connections = self.connections.load();
        let open: u64 = connections.iter().map(|connection| connection.requests()).sum();
        open + self.past_requests.load(Ordering::Relaxed)
    }

    /// Why the last connection could not be made, as long as there is none.
    pub(crate) fn failure(&self) -> Option<ConnectError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the pool has tried to connect for the first time.
    pub(crate) async fn tried(&self) {
        // The sender lives as long as the pool.
        let _ = self.has_tried.subscribe().wait_for(|has_tried| *has_tried).await;
    }

    /// Takes no more requests, and ends once those under way are answered, at the deadline at the latest.
    pub(crate) fn shut_down(&self, deadline: Instant) {
        self.shutdown.send_replace(Some(deadline));
    }

    /// Sends a request over the less busy of two connections, or over any that takes it.
    pub(crate) fn send(
        &self,
        request: &Request<'_>,
        flags: FrameFlags,
        deadline: Instant,
        random: u64,
        waker: Option<&Waker>,
    ) -> Result<Sent, SendError> {
        let connections = self.connections.load();
        let mut refused = SendError::Closed(CloseReason::Drained);
        let best = less_busy(&connections, scattered(random));
        let others =
            connections.iter().filter(|other| best.is_some_and(|b| !Arc::ptr_eq(b, other)));
        for connection in best.into_iter().chain(others) {
            match connection.send(request, flags, deadline, waker) {
                Err(error @ (SendError::Full | SendError::Closed(_))) => refused = error,
                done => return done,
            }
        }
        Err(refused)
    }

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

/// Spreads a number over all 64 bits: numbers that follow one another would pick nodes and connections in step.
fn scattered(number: u64) -> u64 {
    let product = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 32)
}

fn less_busy(connections: &[Arc<Connection>], random: u64) -> Option<&Arc<Connection>> {
    let count = connections.len() as u64;
    if count < 2 {
        return connections.first();
    }
    // Remainders below `count` fit, and the second differs from the first.
    let first = (random % count) as usize;
    let second = ((random / count) % (count - 1)) as usize;
    let second = if second < first { second } else { second + 1 };
    let pair = [&connections[first], &connections[second]];
    pair.into_iter().min_by_key(|connection| connection.in_flight())
}

/// A random number from the standard library's per-process keys: good enough for jitter.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

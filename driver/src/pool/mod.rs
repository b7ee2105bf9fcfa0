mod choice;
mod config;
mod connections;
mod exhausted;
mod figures;
mod identity;
mod jitter;
mod keyspace;
mod member;
mod opening;
mod scaling;
mod schedule;
mod settings;
mod size;
mod upkeep;
mod waiting;
mod waiting_room;

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use arc_swap::ArcSwap;
use helenus_policies::{Distance, Node};
use helenus_protocol::{FrameFlags, Request};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

pub use self::config::PoolConfig;
pub use self::exhausted::PoolExhausted;
pub(crate) use self::identity::cluster_name;
pub(crate) use self::jitter::random;
pub(crate) use self::keyspace::{Keyspace, is_use, switch, use_statement};
pub use self::scaling::ScalingConfig;
pub(crate) use self::settings::PoolSettings;
pub use self::size::{PoolSize, PoolSizeError, PoolSizes};

pub(crate) use self::waiting::Waiting;
pub(crate) use self::waiting_room::WaitingRoom;

pub(crate) use self::choice::Aim;
pub(crate) use self::connections::Connections;
use self::member::Member;
use self::upkeep::Upkeep;
use crate::SessionEvent;
use crate::connection::{CloseReason, ConnectError, Connection, SendError, Sent, Term};
use crate::health::Vitals;

/// The connections to one node. The hot path only reads them; the pool's own task changes them.
#[derive(Debug)]
pub(crate) struct Pool {
    node: Node,
    /// As a number, since it may change.
    distance: AtomicU8,
    is_kept: AtomicBool,
    connections: ArcSwap<Connections>,
    /// Whether there are connections, for those who only ask.
    is_up: AtomicBool,
    /// Requests sent over connections that are gone.
    past_requests: AtomicU64,
    failure: Mutex<Option<ConnectError>>,
    has_tried: watch::Sender<bool>,
    /// How often all connections have followed the session to another keyspace.
    switches: watch::Sender<u64>,
    /// Whether the port was of no use where a connection chooses its shard.
    lacks_shard_port: AtomicBool,
    shutdown: watch::Sender<Option<Instant>>,
    reconnect: Notify,
    is_reported_down: AtomicBool,
    /// Whether a request found no room, and there has not been any since.
    is_saturated: AtomicBool,
    vitals: Arc<Vitals>,
    room: Arc<WaitingRoom>,
    settings: Arc<PoolSettings>,
}

impl Pool {
    pub(crate) fn new(node: Node, distance: Distance, settings: &Arc<PoolSettings>) -> Self {
        let has_tried = settings.sizes.borrow().of(distance).core == 0;
        if let (Distance::Local, Some(warmer)) = (distance, &settings.warmer) {
            warmer.add_node();
        }
        Self {
            node,
            distance: AtomicU8::new(distance as u8),
            is_kept: AtomicBool::new(false),
            settings: Arc::clone(settings),
            connections: ArcSwap::default(),
            is_up: AtomicBool::new(false),
            past_requests: AtomicU64::new(0),
            failure: Mutex::new(None),
            has_tried: watch::Sender::new(has_tried),
            switches: watch::Sender::new(0),
            lacks_shard_port: AtomicBool::new(false),
            shutdown: watch::Sender::new(None),
            reconnect: Notify::new(),
            is_reported_down: AtomicBool::new(false),
            is_saturated: AtomicBool::new(false),
            vitals: Vitals::new(),
            room: Arc::new(WaitingRoom::new(settings.config.max_waiting)),
        }
    }

    /// Keeps the pool at its size until it is shut down.
    pub(crate) async fn run(self: Arc<Self>) {
        let settings = Arc::clone(&self.settings);
        Upkeep::new(self, settings).run().await;
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// How near the node is.
    pub(crate) fn distance(&self) -> Distance {
        let distance = self.distance.load(Ordering::Relaxed);
        let all = [Distance::Local, Distance::Remote];
        all.into_iter().find(|known| *known as u8 == distance).unwrap_or(Distance::Ignored)
    }

    /// Says that the node is so near from now on. The pool follows when its sizes are told again.
    pub(crate) fn set_distance(&self, distance: Distance) {
        self.distance.store(distance as u8, Ordering::Relaxed);
    }

    /// Whether nobody keeps the pool at its size yet; whoever is told so must.
    pub(crate) fn begin(&self) -> bool {
        !self.is_kept.swap(true, Ordering::Relaxed)
    }

    /// How the node does.
    pub(crate) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// The requests that wait until the node has room for them.
    pub(crate) fn room(&self) -> &WaitingRoom {
        &self.room
    }

    /// How long a request waits for room.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.settings.config.acquire_timeout
    }

    /// Requests that a connection takes at once.
    pub(crate) fn max_requests_per_connection(&self) -> usize {
        self.settings.sizes.borrow().max_requests_per_connection
    }

    /// Whether a connection takes requests.
    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// Whether the node takes part in the cluster, as far as is known: of a node without connections only what its
    /// neighbours report is.
    pub(crate) fn is_believed_up(&self) -> bool {
        match self.settings.sizes.borrow().of(self.distance()).core {
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

    /// The connections that take requests now.
    pub(crate) fn connections(&self) -> impl Deref<Target = Arc<Connections>> {
        self.connections.load()
    }

    /// Says of all connections whether their node is suspected.
    #[cfg(test)]
    pub(crate) fn suspect_all(&self, is_suspected: bool) {
        self.connections.load().iter().for_each(|connection| connection.suspect(is_suspected));
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

    /// Waits until all connections have followed the session so often to another keyspace.
    pub(crate) async fn switched(&self, switches: u64) {
        // Nobody keeps a pool without connections.
        if self.is_kept.load(Ordering::Relaxed) {
            // The sender lives as long as the pool.
            let _ = self.switches.subscribe().wait_for(|done| *done >= switches).await;
        }
    }

    /// Says that all connections have followed so often.
    fn has_switched(&self, switches: u64) {
        self.switches.send_if_modified(|done| std::mem::replace(done, switches) != switches);
    }

    /// Takes no more requests, and ends once those under way are answered, at the deadline at the latest.
    pub(crate) fn shut_down(&self, deadline: Instant) {
        self.shutdown.send_replace(Some(deadline));
    }

    /// Sends a request over the less busy of two connections, or over any that takes it. It takes the place of none
    /// that waits for one.
    #[inline]
    pub(crate) fn send(
        &self,
        request: &Request<'_>,
        flags: FrameFlags,
        term: Term,
        aim: Aim,
        waker: Option<&Waker>,
    ) -> Result<Sent, SendError> {
        let sent = match self.room.awaited() {
            0 => self.send_in_turn(request, flags, term, aim, waker),
            _ => Err(SendError::Full),
        };
        if let Err(SendError::Full) = sent {
            self.take_miss();
        }
        sent
    }

    /// As [`send`](Self::send), for a request whose turn it is.
    #[inline]
    pub(crate) fn send_in_turn(
        &self,
        request: &Request<'_>,
        flags: FrameFlags,
        term: Term,
        aim: Aim,
        waker: Option<&Waker>,
    ) -> Result<Sent, SendError> {
        let connections = self.connections.load();
        let mut refused = SendError::Closed(CloseReason::Drained);
        let best = connections.best(aim);
        let others =
            connections.iter().filter(|other| best.is_some_and(|b| !Arc::ptr_eq(b, other)));
        for connection in best.into_iter().chain(others) {
            match connection.send(request, flags, term, waker) {
                Err(SendError::Full) => refused = SendError::Full,
                // It is full as long as one of its connections is.
                Err(SendError::Closed(_)) if matches!(refused, SendError::Full) => {}
                Err(SendError::Closed(reason)) => refused = SendError::Closed(reason),
                done => return done,
            }
        }
        Err(refused)
    }

    /// A request found no room.
    #[cold]
    fn take_miss(&self) {
        self.vitals.tally.misses.add_one();
        if !self.is_saturated.swap(true, Ordering::Relaxed) {
            let node = self.node.address;
            self.settings.events.emit(|| SessionEvent::Saturated { node });
        }
    }

    /// Takes note of it if there is room again.
    pub(crate) fn look_for_room(&self) {
        if self.is_saturated.load(Ordering::Relaxed) {
            let figures = self.metrics();
            let is_full = figures.in_flight + figures.orphaned >= figures.capacity;
            self.is_saturated.store(is_full || figures.waiting > 0, Ordering::Relaxed);
        }
    }

    async fn asked_to_end(&self) {
        // The sender lives as long as the pool.
        let _ = self.shutdown.subscribe().wait_for(Option::is_some).await;
    }

    /// When its last request must have been answered.
    fn end_deadline(&self) -> Instant {
        self.shutdown.borrow().unwrap_or_else(Instant::now)
    }

    /// Waits until the node is reported up.
    async fn reported_up(&self) {
        self.reconnect.notified().await;
    }

    fn fail(&self, error: ConnectError) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// Says that all connections that are missing have been tried.
    fn has_tried(&self, with_success: bool) {
        if with_success {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.has_tried.send_replace(true);
    }

    /// Shows the hot path the connections that there are now.
    fn publish(&self, members: &[Member]) {
        let current = self.connections.load();
        let is_known =
            |member: &Member| current.iter().any(|old| Arc::ptr_eq(old, &member.connection));
        let is_same = current.len() == members.len() && members.iter().all(is_known);
        if is_same {
            return;
        }
        let is_up = !members.is_empty();
        let was_up = self.is_up.swap(is_up, Ordering::Relaxed);
        self.vitals.set_up(is_up);
        let new = members.iter().map(|member| Arc::clone(&member.connection)).collect();
        let old = self.connections.swap(Arc::new(Connections::new(new)));
        // The figures of those that are gone are kept.
        let is_gone = |old: &&Arc<Connection>| {
            members.iter().all(|member| !Arc::ptr_eq(&member.connection, old))
        };
        let requests = old.iter().filter(is_gone).map(|old| old.requests()).sum();
        self.past_requests.fetch_add(requests, Ordering::Relaxed);
        if is_up && self.vitals.returned().is_some() {
            self.settings.exceptions.expect_newcomers();
        }
        // Whoever looks at nodes has something new to look at.
        self.settings.waits.notify_one();
        let node = self.node.address;
        match is_up {
            true if !was_up => self.settings.events.emit(|| SessionEvent::NodeUp { node }),
            false if was_up => self.settings.events.emit(|| SessionEvent::NodeDown { node }),
            _ => {}
        }
        match is_up {
            true => self.room.made_room(),
            false => self.room.dismiss(),
        }
    }
}

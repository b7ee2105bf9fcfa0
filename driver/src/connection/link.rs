use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use helenus_policies::LatencyHistogram;
use helenus_protocol::{
    EncodeError, Event, FrameCodec, FrameError, FrameFlags, FrameHeader, ProtocolVersion, Request,
    SegmentEncoder, SegmentFormat, ShardingInfo,
};
use thiserror::Error;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::condition::Condition;
use super::handshake::Handshake;
use super::inbox::Inbox;
use super::outbox::Writing;
use super::pending::{Reply, Sent};
use super::scratch::{self, FRAME, SEGMENTS};
use super::state::{Queued, Refused, State};
use super::transport::{Incoming, Transport};
use super::{CloseReason, ConnectError, ConnectionConfig, Destination, Owner, Term};
use crate::health::Load;
use crate::metrics::Tally;

/// Connections that the program has made.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A connection that takes requests. What it needs to live is [`run`](Self::run), which somebody must poll.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    codec: FrameCodec,
    /// How frames are wrapped, where the protocol version has segments.
    pub(super) segments: Option<SegmentFormat>,
    sharding: Option<ShardingInfo>,
    pub(super) config: Arc<ConnectionConfig>,
    pub(super) transport: Transport,
    state: Mutex<State>,
    /// As the state has it, for those who only compare connections and nodes.
    load: Load,
    pub(super) is_suspected: AtomicBool,
    pub(super) condition: Condition,
    pub(super) opened: Instant,
    /// Whether somebody wants a sign of life.
    pub(super) is_probed: AtomicBool,
    /// Tells it from all other connections of the program.
    number: u64,
    /// How often bytes have come in, by which the keeper sees whether the peer is alive.
    pub(super) reads: AtomicU64,
    /// Requests that nobody asked for but the driver itself.
    own_requests: AtomicU64,
    pub(super) wake_keeper: Notify,
    pub(super) wake_writer: Notify,
    pub(super) owner: Owner,
    /// How long answers took.
    pub(super) times: Arc<LatencyHistogram>,
}

/// A request that did not leave: it may go elsewhere, whatever it does.
#[derive(Debug, Error)]
pub(crate) enum SendError {
    #[error("every stream of the connection is taken")]
    Full,
    #[error("the connection is closed: {0}")]
    Closed(CloseReason),
    #[error(transparent)]
    Encode(EncodeError),
    #[error("the request has {length} bytes, {limit} may be sent")]
    TooLarge { length: usize, limit: usize },
}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::BodyTooLong { length, limit } => Self::TooLarge { length, limit },
            error => Self::Encode(error),
        }
    }
}

impl Connection {
    /// Connects to a node, in the highest protocol version up to `version` that both speak. `owner`
    /// is told how it does; `events`, if there, gets what the node reports about the cluster.
    ///
    /// Returns the connection and its life, which ends with the reason for its end.
    pub(crate) async fn open_to(
        to: Destination,
        config: Arc<ConnectionConfig>,
        version: ProtocolVersion,
        keyspace: Option<&str>,
        owner: Owner,
        events: Option<mpsc::Sender<Event>>,
    ) -> Result<(Arc<Self>, impl Future<Output = CloseReason> + Send + use<>), ConnectError> {
        let after = config.connect_timeout;
        let handshake = Handshake::negotiate(to, &config, version, keyspace, events.is_some());
        let Handshake { transport, incoming, mut codec, segments, inbox, sharding } =
            timeout(after, handshake).await.map_err(|_| ConnectError::Timeout { after })??;
        codec.max_body =
            u32::try_from(config.max_request).unwrap_or(u32::MAX).min(FrameHeader::MAX_BODY);
        let opened = tokio::time::Instant::now().into_std();
        let connection = Arc::new(Self {
            address: to.address,
            codec,
            segments,
            sharding,
            transport,
            state: Mutex::new(State::new(usize::MAX).holding(config.max_unwritten)),
            load: Load::of(&owner.vitals),
            is_suspected: AtomicBool::new(false),
            condition: Condition::new(opened),
            opened,
            is_probed: AtomicBool::new(false),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            reads: AtomicU64::new(0),
            own_requests: AtomicU64::new(0),
            wake_keeper: Notify::new(),
            wake_writer: Notify::new(),
            times: owner.vitals.begin_connection(),
            owner,
            config,
        });
        let life = Arc::clone(&connection).run(incoming, inbox, events);
        Ok((connection, life))
    }

    async fn run(
        self: Arc<Self>,
        incoming: Incoming,
        inbox: Inbox,
        events: Option<mpsc::Sender<Event>>,
    ) -> CloseReason {
        // A connection whose task is dropped must not leave its requests waiting.
        let _end = CloseOnDrop(&self);
        let reason = tokio::select! {
            reason = self.read(incoming, inbox, events) => reason,
            reason = self.write() => reason,
            reason = self.keep() => reason,
        };
        self.close(reason.clone());
        reason
    }

    /// The node's address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Which of its node's cores it has reached, and how the node divides its data among them; `None` where it does not.
    #[inline]
    pub(crate) fn sharding(&self) -> Option<&ShardingInfo> {
        self.sharding.as_ref()
    }

    /// The protocol version that it speaks.
    pub(crate) fn version(&self) -> ProtocolVersion {
        self.codec.version
    }

    /// Requests that wait for their answers.
    pub(crate) fn in_flight(&self) -> usize {
        self.load.get()
    }

    /// Stream ids whose requests were given up.
    pub(crate) fn orphans(&self) -> usize {
        self.lock().orphans()
    }

    /// Whether it takes requests.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.lock();
        state.closed().is_none() && !state.is_draining()
    }

    /// The most requests that ever waited for answers at once.
    pub(crate) fn peak(&self) -> usize {
        self.lock().peak()
    }

    /// What is counted of its node.
    pub(crate) fn tally(&self) -> &Tally {
        &self.owner.vitals.tally
    }

    /// Requests sent since the connection was made, those of the driver itself aside.
    pub(crate) fn requests(&self) -> u64 {
        self.lock().requests().saturating_sub(self.own_requests.load(Ordering::Relaxed))
    }

    /// Takes up to `limit` requests at once from now on.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.with_state(|state| state.set_limit(limit));
    }

    /// Sends a request whose answer is awaited for its term. Whoever is about to poll for it may give its waker
    /// here, which saves the first look.
    pub(crate) fn send(
        self: &Arc<Self>,
        request: &Request<'_>,
        flags: FrameFlags,
        term: Term,
        waker: Option<&Waker>,
    ) -> Result<Sent, SendError> {
        self.send_beyond(0, request, flags, term, waker)
    }

    /// As [`send`](Self::send), for what may go so far beyond the limit of requests.
    #[inline]
    pub(crate) fn send_beyond(
        self: &Arc<Self>,
        extra: usize,
        request: &Request<'_>,
        flags: FrameFlags,
        term: Term,
        waker: Option<&Waker>,
    ) -> Result<Sent, SendError> {
        let mut frame = scratch::empty(&FRAME);
        let encoded = self.codec.encode_request(request, 0, flags, &mut frame);
        let sent = match encoded {
            Ok(()) => self.queue(extra, &frame, term, waker),
            Err(error) => Err(error.into()),
        };
        scratch::keep(&FRAME, frame);
        sent
    }

    /// As [`send_beyond`](Self::send_beyond), for what the driver itself wants to know. It is not counted among the requests.
    pub(crate) fn send_own(
        self: &Arc<Self>,
        request: &Request<'_>,
        term: Term,
    ) -> Result<Sent, SendError> {
        let sent = self.send_beyond(1, request, FrameFlags::NONE, term, None)?;
        self.own_requests.fetch_add(1, Ordering::Relaxed);
        Ok(sent)
    }

    #[inline]
    fn queue(
        self: &Arc<Self>,
        extra: usize,
        frame: &[u8],
        term: Term,
        waker: Option<&Waker>,
    ) -> Result<Sent, SendError> {
        let queued = self.with_state(|state| state.queue(extra, frame, term, waker.cloned()));
        let Queued { stream, writing, wakes_keeper } = queued.map_err(|refused| match refused {
            Refused::Full => SendError::Full,
            Refused::Closed(reason) => SendError::Closed(reason),
        })?;
        let sent = Sent::new(Arc::clone(self), stream, waker.is_some());
        if wakes_keeper {
            self.wake_keeper.notify_one();
            self.owner.waits.notify_one();
        }
        match writing {
            Writing::Now(frame) => self.write_now(frame),
            Writing::Wake => self.wake_writer.notify_one(),
            Writing::UnderWay => {}
        }
        Ok(sent)
    }

    /// Writes what those have asked who were answered together.
    pub(super) fn write_gathered(&self) {
        let frames = self.lock().gathered();
        if let Some(frames) = frames {
            self.owner.room.made_room();
            self.write_now(frames);
        }
    }

    /// Writes from the caller's task, which saves a lone request the way through the writer's.
    fn write_now(&self, mut frame: Vec<u8>) {
        let unwritten = match self.segments {
            None => self.transport.try_write(&frame).map(|written| frame.split_off(written)),
            Some(format) => {
                let mut segments = scratch::empty(&SEGMENTS);
                SegmentEncoder::new(format).encode(&frame, &mut segments);
                let written = self.transport.try_write(&segments);
                let unwritten = written.map(|written| segments[written..].to_vec());
                scratch::keep(&SEGMENTS, segments);
                unwritten
            }
        };
        match unwritten {
            Ok(unwritten) => {
                if self.lock().finish_lone(frame, &unwritten) {
                    self.wake_writer.notify_one();
                }
            }
            Err(error) => self.close(error.into()),
        }
    }

    /// Takes no new requests; ends for this reason once those under way are answered.
    pub(crate) fn drain(&self, reason: CloseReason) {
        self.with_state(|state| state.drain(reason));
        self.owner.retired.notify_one();
        self.wake_keeper.notify_one();
    }

    pub(super) fn close(&self, reason: CloseReason) {
        let wakers = self.with_state(|state| state.close(reason));
        self.owner.retired.notify_one();
        // The life of the connection sees that it is over when it is woken.
        self.wake_keeper.notify_one();
        wakers.into_iter().for_each(std::task::Waker::wake);
    }

    /// What tells it from all other connections of the program.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// How often bytes have come in.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Whether nothing has waited on it for a while, so that it says when something does again.
    pub(crate) fn is_resting(&self) -> bool {
        self.lock().is_keeper_resting()
    }

    /// Takes what its node's answers took of late for an exception: a change of the schema takes longer than requests do.
    pub(crate) fn forget_latency(&self) {
        self.owner.vitals.latency.forget();
    }

    pub(super) fn abandon(&self, stream: u16) {
        self.with_state(|state| state.abandon(stream));
        self.owner.room.made_room();
    }

    /// The body of an answer as its message was written.
    pub(crate) fn decompress(&self, reply: Reply) -> Result<Reply, FrameError> {
        let Reply { header, body } = reply;
        let body = self.codec.open(&header, body, self.config.max_response)?;
        Ok(Reply { header, body })
    }

    /// Does something under the connection's lock, which is never held across an await.
    pub(super) fn with_state<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let done = act(&mut state);
        self.load.set(state.waiting());
        done
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics half way, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct CloseOnDrop<'a>(&'a Connection);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close(CloseReason::Drained);
        let peak = self.0.peak();
        self.0.owner.vitals.end_connection(&self.0.times, peak);
    }
}

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;
use std::time::Duration;

use helenus_protocol::Request;
use tokio::time::{Instant, sleep_until};

use super::{CloseReason, Connection, ReplyError, Sent, Term};

/// How often deadlines are looked at while requests wait: how late a timeout may be noticed.
const TICK: Duration = Duration::from_millis(20);

/// How long the keeper goes on looking after the last request, so that it is not woken for each.
const LINGER: Duration = Duration::from_secs(1);

/// The part of the heartbeat timeout after which an answer is overdue, as a divisor.
const OVERDUE: u32 = 5;

/// What the keeper knows between two looks.
struct Watch {
    heartbeat: Option<Sent>,
    reads: u64,
    heard: Instant,
    busy: Instant,
    /// When the heartbeat was sent.
    asked: Instant,
    /// Requests that were not answered in time since bytes came in last.
    unanswered: usize,
    is_troubled: bool,
}

impl Watch {
    fn begin(now: Instant) -> Self {
        Self {
            heartbeat: None,
            reads: 0,
            heard: now,
            busy: now,
            asked: now,
            unanswered: 0,
            is_troubled: false,
        }
    }
}

impl Connection {
    /// Sees to timeouts, heartbeats and drains until there is a reason to stop.
    ///
    /// One timer serves all requests, and it rests while there are none.
    pub(super) async fn keep(self: &Arc<Self>) -> CloseReason {
        let mut watch = Watch::begin(Instant::now());
        loop {
            let now = Instant::now();
            if let Some(reason) = self.look(&mut watch, now) {
                return reason;
            }
            let is_well = watch.heartbeat.is_none() && !watch.is_troubled;
            let may_rest = is_well && now > watch.busy + LINGER;
            let is_resting = may_rest && self.lock().rest();
            let until = if is_resting { self.next_heartbeat(&watch, now) } else { now + TICK };
            let answered = async {
                match &mut watch.heartbeat {
                    Some(sent) => sent.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sleep_until(until) => {}
                () = self.wake_keeper.notified() => watch.busy = Instant::now(),
                answer = answered => {
                    watch.heartbeat = None;
                    watch.heard = Instant::now();
                    if let Some(reason) = self.heartbeat_failure(answer.err()) {
                        return reason;
                    }
                }
            }
        }
    }

    fn look(self: &Arc<Self>, watch: &mut Watch, now: Instant) -> Option<CloseReason> {
        let state = self.lock();
        if let Some(reason) = state.closed() {
            return Some(reason.clone());
        }
        if let Some(reason) = state.drained() {
            return Some(reason.clone());
        }
        let too_many = state.has_too_many_orphans(self.config.max_orphans);
        let (orphans, is_draining) = (state.orphans(), state.is_draining());
        drop(state);
        if too_many && !is_draining {
            self.drain(CloseReason::TooManyOrphans { orphans });
        }
        if self.in_flight() > 0 {
            watch.busy = now;
            let expired = self.with_state(|state| state.expired(now));
            watch.unanswered += expired.len();
            expired.into_iter().for_each(Waker::wake);
        }
        let reads = self.reads.load(Ordering::Relaxed);
        if reads != watch.reads {
            watch.reads = reads;
            watch.heard = now;
            watch.unanswered = 0;
        }
        self.tell_condition(watch, now);
        let interval = self.config.heartbeat_interval;
        let is_probed = self.is_probed.swap(false, Ordering::Relaxed);
        let is_due = is_probed || (!interval.is_zero() && now >= watch.heard + interval);
        if is_due && watch.heartbeat.is_none() {
            // One that was asked for early is given until a regular one would be late.
            let due = self.next_heartbeat(watch, now).max(now);
            let term = Term { sent: now, deadline: due + self.config.heartbeat_timeout };
            // Where the protocol itself has no stream left it is tried again at the next look.
            watch.heartbeat = self.send_own(&Request::Options, term).ok();
            watch.asked = now;
        }
        None
    }

    /// Says whether the connection works; most looks find it as it was.
    fn tell_condition(&self, watch: &mut Watch, now: Instant) {
        let trouble = self.trouble(watch, now);
        if trouble.is_some() || watch.is_troubled {
            watch.is_troubled = trouble.is_some();
            self.condition.set(trouble, now.into_std());
        }
    }

    fn trouble(&self, watch: &Watch, now: Instant) -> Option<String> {
        let waited = now.saturating_duration_since(watch.asked.max(watch.heard));
        if watch.heartbeat.is_some() && waited > self.config.heartbeat_timeout / OVERDUE {
            let millis = waited.as_millis();
            return Some(format!("a heartbeat has not been answered for {millis} ms"));
        }
        if watch.unanswered > 0 {
            let unanswered = watch.unanswered;
            return Some(format!(
                "{unanswered} requests had no answer in time, and nothing came since"
            ));
        }
        self.is_suspected().then(|| "its node is silent while others answer".to_owned())
    }

    fn next_heartbeat(&self, watch: &Watch, now: Instant) -> Instant {
        let interval = self.config.heartbeat_interval;
        let far = Duration::from_secs(3600);
        if interval.is_zero() { now + far } else { watch.heard + interval }
    }

    fn heartbeat_failure(&self, error: Option<ReplyError>) -> Option<CloseReason> {
        match error? {
            ReplyError::Expired => {
                Some(CloseReason::HeartbeatTimeout { after: self.config.heartbeat_timeout })
            }
            ReplyError::Lost(reason) => Some(reason),
            // Any answer at all is a sign of life.
            ReplyError::TooLarge { .. } | ReplyError::Unreadable(_) => None,
        }
    }
}

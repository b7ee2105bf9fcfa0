mod recycling;
mod rewarming;
mod sharding;
mod switching;

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use helenus_policies::{PoolLoad, Scaler};
use helenus_protocol::ProtocolVersion;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use self::rewarming::Rewarming;
use self::switching::Switching;
use super::member::Member;
use super::opening::{Made, Opened, Opening, Purpose, open};
use super::schedule::Schedule;
use super::size::PoolSize;
use super::{Keyspace, Pool, PoolSettings, PoolSizes};
use crate::SessionEvent;
use crate::alarm::alarm;
use crate::connection::CloseReason;
use crate::warm_up::Warmed;

/// Keeps a pool at its size: opens what is missing, closes what is too much, replaces what is too old.
pub(super) struct Upkeep {
    pool: Arc<Pool>,
    settings: Arc<PoolSettings>,
    sizes: watch::Receiver<PoolSizes>,
    keyspace: watch::Receiver<Keyspace>,
    switching: FuturesUnordered<Switching>,
    size: PoolSize,
    /// Where the size follows the load.
    scaler: Option<Scaler>,
    next_observation: Instant,
    members: Vec<Member>,
    /// Told when a connection stops taking requests.
    retired: Arc<Notify>,
    /// The connections' tasks, those that drain included.
    lives: JoinSet<CloseReason>,
    opening: FuturesUnordered<Opening>,
    /// The shards that those in the making are meant for.
    shards_to_come: Vec<u16>,
    schedule: Schedule,
    /// The protocol version that the node was last spoken to in.
    version: Option<ProtocolVersion>,
    round: Round,
    rewarming: Rewarming,
    was_warmed: bool,
}

/// Connections that are opened together.
#[derive(Debug)]
struct Round {
    begun: Instant,
    /// Of those in the making, those that are missing in the pool.
    under_way: usize,
    has_failed: bool,
    warmed: Warmed,
}

impl Upkeep {
    pub(super) fn new(pool: Arc<Pool>, settings: Arc<PoolSettings>) -> Self {
        let rewarming = Rewarming::new(&settings, pool.distance());
        let mut upkeep = Self {
            sizes: settings.sizes.subscribe(),
            keyspace: settings.keyspace.subscribe(),
            switching: FuturesUnordered::new(),
            pool,
            settings,
            size: PoolSize::fixed(0),
            scaler: None,
            next_observation: Instant::now(),
            members: Vec::new(),
            retired: Arc::default(),
            lives: JoinSet::new(),
            opening: FuturesUnordered::new(),
            shards_to_come: Vec::new(),
            schedule: Schedule::default(),
            version: None,
            round: Round::begin(),
            rewarming,
            was_warmed: false,
        };
        upkeep.take_sizes();
        upkeep
    }

    /// Keeps the pool at its size until it is shut down.
    pub(super) async fn run(mut self) {
        loop {
            self.settle();
            let next_look = self.next_look();
            tokio::select! {
                biased;
                () = self.pool.asked_to_end() => break,
                Some(ended) = self.lives.join_next() => self.take_end(ended),
                Some(opened) = self.opening.next() => self.take_opened(opened),
                () = self.retired.notified() => {}
                () = self.pool.reported_up() => self.schedule.take_report(Instant::now()),
                // The sender is among the settings.
                Ok(()) = self.sizes.changed() => self.take_sizes(),
                Ok(()) = self.keyspace.changed() => {}
                Some(switched) = self.switching.next() => self.take_switched(switched),
                (begun, warmed) = self.rewarming.done() => self.report_warmth(begun, warmed),
                () = alarm(next_look) => self.look(Instant::now()),
            }
        }
        self.end().await;
    }

    /// How many connections there should be.
    fn target(&self) -> usize {
        let target = self.scaler.as_ref().map_or(self.size.core, Scaler::target);
        target.max(self.least())
    }

    fn missing(&self) -> usize {
        let missing = self.target().saturating_sub(self.members.len() + self.round.under_way);
        missing.max(self.missing_at_shards())
    }

    /// Drops the connections that are gone, and sees to it that there will be as many as there should be.
    fn settle(&mut self) {
        let now = Instant::now();
        self.members.retain(|member| member.connection.is_open());
        let surplus = self.members.len().saturating_sub(self.target());
        self.give_up(surplus);
        self.pool.publish(&self.members);
        self.follow_keyspace();
        let may_try = self.round.under_way == 0 || !self.round.has_failed;
        if self.missing() == 0 {
            self.schedule.rest();
        } else if may_try {
            self.schedule.want(&*self.settings.reconnection, now);
        }
        if may_try && self.schedule.due().is_some_and(|due| due <= now) {
            self.open_missing(now);
        }
    }

    /// Closes the least busy of the connections, once they have finished what they have.
    fn give_up(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(place) = self.least_needed() {
                self.members.swap_remove(place).connection.drain(CloseReason::Surplus);
            }
        }
    }

    /// Opens what is missing, only one of them as long as it is not known whether the node can be reached.
    fn open_missing(&mut self, now: Instant) {
        let missing = self.missing();
        let count = if self.schedule.is_hopeful() { missing } else { missing.min(1) };
        if self.round.under_way == 0 {
            self.round = Round::begin();
        }
        self.schedule.begin(now);
        for _ in 0..count {
            let is_first = self.members.is_empty() && self.round.under_way == 0;
            self.round.under_way += 1;
            self.open(if is_first { Purpose::First } else { Purpose::Missing });
        }
    }

    fn open(&mut self, purpose: Purpose) {
        let gate = self.gate(&purpose);
        self.shards_to_come.extend(gate.map(|gate| gate.shard));
        let (pool, settings) = (Arc::clone(&self.pool), Arc::clone(&self.settings));
        let retired = Arc::clone(&self.retired);
        self.opening.push(open(pool, settings, retired, self.version, purpose, gate));
    }

    fn take_opened(&mut self, Opened { outcome, purpose, shard }: Opened) {
        if let Some(shard) = shard {
            let made = outcome.as_ref().ok().map(|made| &*made.connection);
            self.shard_has_come(shard, made);
        }
        let (now, node) = (Instant::now(), self.pool.node().address);
        let old = match purpose {
            Purpose::Successor(old) => Some(old),
            Purpose::First | Purpose::Missing => None,
        };
        self.round.under_way -= usize::from(old.is_none());
        match outcome {
            Ok(Made { connection, life, warmed, switches }) => {
                self.pool.vitals.tally.created.add_one();
                self.settings.events.emit(|| SessionEvent::Connected { node });
                self.version = Some(connection.version());
                self.round.warmed.add(warmed);
                self.lives.spawn(life);
                connection.set_limit(self.pool.max_requests_per_connection());
                let max_age = self.settings.config.max_age;
                self.members.push(Member::new(connection, max_age, switches));
                self.replace(old.as_ref());
            }
            Err(error) => {
                tracing::debug!(%node, %error, "cannot connect");
                self.pool.vitals.tally.connect_failures.add_one();
                let event = || SessionEvent::ConnectFailed { node, error: error.clone() };
                self.settings.events.emit(event);
                self.pool.fail(error);
                self.round.has_failed |= old.is_none();
                // A node that cannot be reached may come back as another version.
                self.version = None;
                self.put_off(old.as_ref(), now);
            }
        }
        if old.is_none() && self.round.under_way == 0 {
            self.end_round(now);
        }
    }

    fn end_round(&mut self, now: Instant) {
        let has_failed = self.round.has_failed;
        match has_failed {
            true => self.schedule.fail(now),
            false => self.schedule.succeed(now),
        }
        self.pool.publish(&self.members);
        if !self.members.is_empty() {
            self.report_warmth(self.round.begun, self.round.warmed);
        }
        self.pool.has_tried(!has_failed);
    }

    fn take_end(&mut self, ended: Result<CloseReason, JoinError>) {
        let reason = ended.unwrap_or(CloseReason::Drained);
        let node = self.pool.node().address;
        tracing::info!(%node, %reason, "connection closed");
        self.pool.vitals.tally.closed.count(&reason);
        self.settings.events.emit(|| SessionEvent::Closed { node, reason: reason.clone() });
        if !reason.is_by_choice() {
            self.schedule.lose(Instant::now());
        }
    }

    fn take_sizes(&mut self) {
        let sizes = *self.sizes.borrow_and_update();
        let scaling = &self.settings.config.scaling;
        self.size = sizes.of(self.pool.distance());
        self.scaler = match self.scaler.take() {
            _ if !self.size.is_adaptive() => None,
            None => Some(scaling.scaler(self.size, &sizes)),
            Some(mut scaler) => {
                scaler.set_bounds(self.size.core, self.size.max);
                scaler.set_per_connection(scaling.per_connection(&sizes));
                Some(scaler)
            }
        };
        for member in &self.members {
            member.connection.set_limit(sizes.max_requests_per_connection);
        }
        self.pool.room().made_room();
    }

    /// When there is something to look at by itself. A pool whose size and connections stay needs no timer.
    fn next_look(&self) -> Option<Instant> {
        let observation = self.scaler.as_ref().map(|_| self.next_observation);
        let warm_up = self.rewarming.next();
        [self.schedule.due(), observation, self.next_expiry(), self.next_idle(), warm_up]
            .into_iter()
            .flatten()
            .min()
    }

    fn look(&mut self, now: Instant) {
        self.observe(now);
        self.reap(now);
        self.recycle(now);
        self.rewarm(now);
    }

    /// Lets the scaler see the load.
    fn observe(&mut self, now: Instant) {
        let Some(scaler) = &mut self.scaler else { return };
        if now < self.next_observation {
            return;
        }
        self.next_observation = now + self.settings.config.scaling.look_every();
        let load = PoolLoad {
            connections: self.members.len(),
            in_flight: self.members.iter().map(|member| member.connection.in_flight()).sum(),
            waiting: self.pool.room().awaited(),
        };
        let before = scaler.target();
        scaler.observe(load, now.into_std());
        let target = scaler.target();
        if target != before {
            let node = self.pool.node().address;
            tracing::info!(%node, before, target, ?load, "pool scaled");
            let event = SessionEvent::Scaled { node, from: before, to: target };
            self.settings.events.emit(|| event);
        }
    }

    async fn end(mut self) {
        let deadline = self.pool.end_deadline();
        self.opening.clear();
        for member in self.members.drain(..) {
            member.connection.drain(CloseReason::Drained);
        }
        self.pool.publish(&[]);
        self.pool.has_switched(u64::MAX);
        self.forget_warmth();
        let drained = async { while self.lives.join_next().await.is_some() {} };
        if timeout_at(deadline, drained).await.is_err() {
            self.lives.shutdown().await;
        }
    }
}

impl Round {
    fn begin() -> Self {
        let (begun, warmed) = (Instant::now(), Warmed::default());
        Self { begun, under_way: 0, has_failed: false, warmed }
    }
}

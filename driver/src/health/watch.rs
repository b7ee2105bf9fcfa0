use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use helenus_policies::{Distance, Health, Latency, Silence};
use rustc_hash::FxHashMap;
use tokio::time::Instant;
use uuid::Uuid;

use super::SetBack;
use super::breaker::Breaker;
use super::checkup::Checkup;
use super::silence::NodeSilence;
use crate::alarm::alarm;
use crate::cluster::ClusterSnapshot;
use crate::pool::{Pool, PoolSettings};

/// How often nodes are looked at while requests wait.
const LOOK: Duration = Duration::from_millis(50);

/// Other nodes that are asked for a sign of life where none has been heard: one may be about to fail, too.
const WITNESSES: usize = 3;

/// Looks at all nodes while requests wait: who is silent, who is slow, who is unwell. It rests while there are none.
#[derive(Debug)]
pub(crate) struct Watch {
    snapshot: Arc<ArcSwap<ClusterSnapshot>>,
    settings: Arc<PoolSettings>,
    nodes: FxHashMap<Uuid, Watched>,
    next_check: Instant,
}

/// What is made of one node.
#[derive(Debug)]
struct Watched {
    silence: NodeSilence,
    checkup: Checkup,
    breaker: Option<Breaker>,
}

impl Watch {
    pub(crate) fn new(
        snapshot: Arc<ArcSwap<ClusterSnapshot>>,
        settings: Arc<PoolSettings>,
    ) -> Self {
        let next_check = Instant::now() + settings.health.check_interval.max(LOOK);
        Self { snapshot, settings, nodes: FxHashMap::default(), next_check }
    }

    /// Looks on until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            let now = Instant::now();
            let next = self.look(now);
            if next.is_some_and(|at| at <= now + LOOK) {
                alarm(next).await;
                continue;
            }
            let waits = Arc::clone(&self.settings.waits);
            tokio::select! {
                () = alarm(next) => {}
                () = waits.notified() => {}
            }
        }
    }

    /// Looks at all nodes; returns when another look is needed though nobody begins to wait.
    fn look(&mut self, now: Instant) -> Option<Instant> {
        let cluster = self.snapshot.load_full();
        let pools: Vec<_> =
            cluster.pools().iter().filter(|p| p.distance() != Distance::Ignored).collect();
        self.meet(&pools, now.into_std());
        compare_latencies(&pools, now.into_std());
        self.listen(&pools, now.into_std());
        self.watch_failures(&pools, now.into_std());
        if now >= self.next_check {
            self.check(&pools, now.into_std());
            self.next_check = now + self.settings.health.check_interval.max(LOOK);
        }
        pools.iter().for_each(|pool| pool.look_for_room());
        self.tell(&pools, now.into_std());
        let is_busy = pools.iter().any(|pool| pool.connections().iter().any(|c| !c.is_resting()));
        let is_unwell = |pool: &&Arc<Pool>| {
            let vitals = pool.vitals();
            !pool.is_believed_up()
                || vitals.is_set_back()
                || vitals.health().health == Health::Unhealthy
        };
        match is_busy {
            true => Some(now + LOOK),
            false => pools.iter().any(is_unwell).then_some(self.next_check),
        }
    }

    /// Gets to know nodes that are new, and forgets those that are gone.
    fn meet(&mut self, pools: &[&Arc<Pool>], now: std::time::Instant) {
        let health = &self.settings.health;
        for pool in pools {
            self.nodes.entry(pool.node().host_id).or_insert_with(|| Watched {
                silence: NodeSilence::new(now),
                checkup: Checkup::new(health, now),
                breaker: health.circuit_breaker.clone().map(Breaker::new),
            });
        }
        if self.nodes.len() > pools.len() {
            let is_there = |host: &Uuid| pools.iter().any(|pool| pool.node().host_id == *host);
            self.nodes.retain(|host, _| is_there(host));
        }
    }

    /// Finds out who is silent.
    fn listen(&mut self, pools: &[&Arc<Pool>], now: std::time::Instant) {
        let (mut in_flight, mut received) = (0, 0);
        for pool in pools {
            let Some(node) = self.nodes.get_mut(&pool.node().host_id) else { continue };
            node.silence.take(&pool.connections());
            in_flight += node.silence.in_flight();
            received += node.silence.received();
        }
        let mut needs_witnesses = false;
        for pool in pools {
            let Some(watched) = self.nodes.get_mut(&pool.node().host_id) else { continue };
            let node = &mut watched.silence;
            if !pool.is_up() {
                node.forget(pool, now);
                continue;
            }
            let others = (in_flight - node.in_flight(), received - node.received());
            let was_suspected = pool.vitals().is_set_back_for(SetBack::Suspected);
            let silence = node.judge(pool, others, &self.settings.events, now);
            if was_suspected && silence != Silence::Suspect {
                watched.checkup.heard_again(pool, &self.settings.events, now);
            }
            needs_witnesses |= silence == Silence::Doubtful && others.0 == 0;
        }
        if needs_witnesses {
            self.call_witnesses(pools);
        }
    }

    /// Asks nodes of which nothing is wanted for a sign of life: without one it may be the network that is silent.
    fn call_witnesses(&self, pools: &[&Arc<Pool>]) {
        let is_idle = |pool: &&&Arc<Pool>| {
            self.nodes.get(&pool.node().host_id).is_some_and(|node| node.silence.in_flight() == 0)
        };
        for pool in pools.iter().filter(is_idle).filter(|pool| pool.is_up()).take(WITNESSES) {
            if let Some(connection) = pool.connections().first() {
                connection.probe();
            }
        }
    }

    /// Finds out from whom only failures come, where that is wanted.
    fn watch_failures(&mut self, pools: &[&Arc<Pool>], now: std::time::Instant) {
        for pool in pools {
            let node = self.nodes.get_mut(&pool.node().host_id);
            if let Some(breaker) = node.and_then(|node| node.breaker.as_mut()) {
                breaker.look(pool, now);
            }
        }
    }

    /// Checks everybody's health.
    fn check(&mut self, pools: &[&Arc<Pool>], now: std::time::Instant) {
        for pool in pools {
            if let Some(node) = self.nodes.get_mut(&pool.node().host_id) {
                let signs = node.silence.received();
                node.checkup.check(pool, signs, &self.settings.events, now);
            }
        }
    }

    /// Tells requests whether there are nodes that are not as usual.
    fn tell(&self, pools: &[&Arc<Pool>], now: std::time::Instant) {
        let window = self.settings.health.warm_up;
        let is_new = |pool: &&Arc<Pool>| {
            let returned = pool.vitals().returned();
            returned.is_some_and(|since| now.saturating_duration_since(since) < window)
        };
        let has_set_back = pools.iter().any(|pool| pool.vitals().is_set_back());
        self.settings.exceptions.set(has_set_back, pools.iter().any(is_new));
    }
}

/// Works out for all requests how slow each node is.
fn compare_latencies(pools: &[&Arc<Pool>], now: std::time::Instant) {
    let is_local = |pool: &&&Arc<Pool>| pool.distance() == Distance::Local && pool.is_up();
    let latencies = pools.iter().filter(is_local).filter_map(|pool| pool.vitals().latency.get());
    let Some(best) = Latency::fastest(latencies, now) else { return };
    for pool in pools {
        let latency = pool.vitals().latency.get();
        pool.vitals().set_slowness(latency.map_or(1, |latency| latency.slowness(&best, now)));
    }
}

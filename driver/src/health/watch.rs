use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use helenus_policies::{Distance, Latency, Silence};
use rustc_hash::FxHashMap;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::silence::NodeSilence;
use crate::cluster::ClusterSnapshot;
use crate::pool::{Pool, PoolSettings};

/// How often nodes are looked at while requests wait.
const LOOK: Duration = Duration::from_millis(50);

/// Other nodes that are asked for a sign of life where none has been heard: one may be about to fail, too.
const WITNESSES: usize = 3;

/// Looks at all nodes while requests wait: who is silent, who is slow. It rests while there are none.
#[derive(Debug)]
pub(crate) struct Watch {
    snapshot: Arc<ArcSwap<ClusterSnapshot>>,
    settings: Arc<PoolSettings>,
    nodes: FxHashMap<Uuid, NodeSilence>,
}

impl Watch {
    pub(crate) fn new(
        snapshot: Arc<ArcSwap<ClusterSnapshot>>,
        settings: Arc<PoolSettings>,
    ) -> Self {
        Self { snapshot, settings, nodes: FxHashMap::default() }
    }

    /// Looks on until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            let now = Instant::now();
            match self.look(now.into_std()) {
                true => sleep_until(now + LOOK).await,
                false => self.settings.waits.notified().await,
            }
        }
    }

    /// Looks at all nodes; returns whether another look is needed though nobody begins to wait.
    fn look(&mut self, now: std::time::Instant) -> bool {
        let cluster = self.snapshot.load_full();
        let pools = cluster.pools();
        self.compare_latencies(pools, now);
        self.listen(pools, now);
        pools.iter().any(|pool| pool.connections().iter().any(|c| !c.is_resting()))
    }

    /// Works out for all requests how slow each node is.
    fn compare_latencies(&self, pools: &[Arc<Pool>], now: std::time::Instant) {
        let is_local = |pool: &&Arc<Pool>| pool.distance() == Distance::Local && pool.is_up();
        let latencies =
            pools.iter().filter(is_local).filter_map(|pool| pool.vitals().latency.get());
        let Some(best) = Latency::fastest(latencies, now) else { return };
        for pool in pools {
            let latency = pool.vitals().latency.get();
            pool.vitals().set_slowness(latency.map_or(1, |latency| latency.slowness(&best, now)));
        }
    }

    /// Finds out who is silent.
    fn listen(&mut self, pools: &[Arc<Pool>], now: std::time::Instant) {
        if self.nodes.len() > pools.len() {
            let is_there = |host: &Uuid| pools.iter().any(|pool| pool.node().host_id == *host);
            self.nodes.retain(|host, _| is_there(host));
        }
        let (mut in_flight, mut received) = (0, 0);
        for pool in pools {
            let node =
                self.nodes.entry(pool.node().host_id).or_insert_with(|| NodeSilence::new(now));
            node.take(&pool.connections());
            in_flight += node.in_flight();
            received += node.received();
        }
        let mut needs_witnesses = false;
        for pool in pools {
            let Some(node) = self.nodes.get_mut(&pool.node().host_id) else { continue };
            if !pool.is_up() {
                node.forget(pool, now);
                continue;
            }
            let others = (in_flight - node.in_flight(), received - node.received());
            let silence = node.judge(pool, others, &self.settings.events, now);
            needs_witnesses |= silence == Silence::Doubtful && others.0 == 0;
        }
        if needs_witnesses {
            self.call_witnesses(pools);
        }
    }

    /// Asks nodes of which nothing is wanted for a sign of life: without one it may be the network that is silent.
    fn call_witnesses(&self, pools: &[Arc<Pool>]) {
        let is_idle = |pool: &&Arc<Pool>| {
            self.nodes.get(&pool.node().host_id).is_some_and(|node| node.in_flight() == 0)
        };
        for pool in pools.iter().filter(is_idle).filter(|pool| pool.is_up()).take(WITNESSES) {
            if let Some(connection) = pool.connections().first() {
                connection.probe();
            }
        }
    }
}

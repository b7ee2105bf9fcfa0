use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use super::peer::Peer;
use super::scan::Scan;
use super::{Options, Workload};
use crate::Error;
use crate::items::payload;

/// When a load ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    Requests(u64),
    Until(Instant),
}

/// What a load did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) requests: u64,
    pub(super) rows: u64,
}

/// How long requests took, in nanoseconds. The tasks share one, since many would not stay in the cache.
#[derive(Debug)]
pub(super) struct Latencies(Mutex<Histogram<u64>>);

impl Latencies {
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self(Mutex::new(Histogram::new_with_bounds(100, 60_000_000_000, 3)?)))
    }

    pub(super) fn record(&self, latency: Duration) {
        let mut histogram = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        histogram.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Microseconds below which this part of the requests stayed.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let histogram = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        histogram.value_at_quantile(part) as f64 / 1e3
    }
}

impl Limit {
    /// What one of `tasks` has to do of it.
    pub(super) fn share(self, task: u32, tasks: u32) -> Self {
        match self {
            Self::Requests(all) => {
                let (task, tasks) = (u64::from(task), u64::from(tasks));
                Self::Requests(all / tasks + u64::from(task < all % tasks))
            }
            until @ Self::Until(_) => until,
        }
    }

    pub(super) fn is_reached(self, requests: u64, now: Instant) -> bool {
        match self {
            Self::Requests(all) => requests >= all,
            Self::Until(end) => now >= end,
        }
    }
}

impl std::ops::AddAssign for Done {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.rows += other.rows;
    }
}

/// As many tasks as requests shall be in flight, each with one at a time.
pub(super) async fn run<P: Peer>(
    peer: &Arc<P>,
    options: &Options,
    limit: Limit,
    latencies: &Arc<Latencies>,
) -> Result<Done, Error> {
    let mut tasks = JoinSet::new();
    for task in 0..options.in_flight {
        let limit = limit.share(task, options.in_flight);
        let (peer, latencies) = (Arc::clone(peer), Arc::clone(latencies));
        let (workload, keys) = (options.workload, options.keys);
        tasks.spawn(async move {
            let ids = Ids { random: Rng::with_seed(task.into()), keys };
            match workload {
                Workload::Read => read(&*peer, ids, limit, &latencies).await,
                Workload::Write => write(&*peer, ids, limit, &latencies).await,
                Workload::Scan | Workload::Stream => {
                    scan(&*peer, workload, keys, limit, &latencies).await
                }
                Workload::Idle | Workload::Fill => Ok(Done::default()),
            }
        });
    }
    let mut done = Done::default();
    while let Some(task) = tasks.join_next().await {
        done += task??;
    }
    Ok(done)
}

/// Ids of rows, at random.
struct Ids {
    random: Rng,
    keys: u64,
}

impl Ids {
    fn next(&mut self) -> i64 {
        self.random.u64(..self.keys).cast_signed()
    }
}

async fn read(
    peer: &impl Peer,
    mut ids: Ids,
    limit: Limit,
    latencies: &Latencies,
) -> Result<Done, Error> {
    let mut requests = 0;
    let mut asked = Instant::now();
    while !limit.is_reached(requests, asked) {
        peer.read(ids.next()).await?;
        let answered = Instant::now();
        latencies.record(answered - asked);
        asked = answered;
        requests += 1;
    }
    Ok(Done { requests, rows: requests })
}

async fn write(
    peer: &impl Peer,
    mut ids: Ids,
    limit: Limit,
    latencies: &Latencies,
) -> Result<Done, Error> {
    let payload = payload(0);
    let mut requests = 0;
    let mut asked = Instant::now();
    while !limit.is_reached(requests, asked) {
        peer.write(ids.next(), &payload).await?;
        let answered = Instant::now();
        latencies.record(answered - asked);
        asked = answered;
        requests += 1;
    }
    Ok(Done { requests, rows: requests })
}

async fn scan(
    peer: &impl Peer,
    workload: Workload,
    keys: u64,
    limit: Limit,
    latencies: &Latencies,
) -> Result<Done, Error> {
    let mut done = Done::default();
    let mut scans = 0;
    while !limit.is_reached(scans, Instant::now()) {
        let mut scan = Scan::new(latencies);
        match workload {
            Workload::Stream => peer.stream(&mut scan).await?,
            _ => peer.scan(&mut scan).await?,
        }
        let (requests, rows) = scan.finish(keys)?;
        done += Done { requests, rows };
        scans += 1;
    }
    Ok(done)
}

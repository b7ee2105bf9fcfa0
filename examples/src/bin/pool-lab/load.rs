use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use helenus::{PreparedStatement, Session};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::latencies::Latencies;
use crate::sample::Phase;

/// What requests are made of a session, whether it keeps up or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    pub(crate) phase: Phase,
    /// Requests per second.
    pub(crate) rate: u32,
}

/// What became of the requests.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Of the burst's requests.
    pub(crate) burst: Latencies,
    /// Of those that ended since this was last looked at.
    pub(crate) latest: Latencies,
    /// Of the burst's, those that found no room in time.
    pub(crate) refused: AtomicU64,
}

/// Asks as often as is wanted, until it is dropped. A latency begins when the request was due, not when it could be
/// sent.
pub(crate) async fn run(
    session: Session,
    statement: PreparedStatement,
    mut demand: watch::Receiver<Demand>,
    figures: Arc<Figures>,
) {
    let mut requests = JoinSet::new();
    let mut due = Instant::now();
    loop {
        let Demand { phase, rate } = *demand.borrow_and_update();
        due += Duration::from_secs(1) / rate.max(1);
        sleep_until(due).await;
        let (session, statement) = (session.clone(), statement.clone());
        let figures = Arc::clone(&figures);
        requests.spawn(async move {
            let answered = session.execute(&statement, (1,)).await.is_ok();
            let latency = due.elapsed();
            match (answered, phase) {
                (true, Phase::Burst) => figures.burst.record(latency),
                (false, Phase::Burst) => {
                    figures.refused.fetch_add(1, Ordering::Relaxed);
                }
                _ => {}
            }
            figures.latest.record(latency);
        });
        while requests.try_join_next().is_some() {}
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use helenus::{Consistency, RequestError, Session};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use crate::behaviours::{Outcome, keyspace};
use crate::server::{SHUTDOWN, Server};

const WRITERS: usize = 64;
const FROZEN: Duration = Duration::from_secs(10);

/// A node that hangs for ten seconds, every row on it, under load.
///
/// Coordinators wait for it, too, but a quorum does without it: so may the driver.
pub(crate) async fn a_frozen_node_fails_no_idempotent_request(server: Server) -> Outcome {
    let session = server.builder().consistency(Consistency::LocalQuorum).build().await?;
    keyspace(&session, "frozen", 3).await?;
    session.query("CREATE TABLE frozen.t (k int PRIMARY KEY)", ()).await?;
    let writers = Writers::start(&session).await?;
    writers.rate(Duration::from_secs(3)).await;
    let before = writers.rate(Duration::from_secs(2)).await;
    let cluster = server.processes()?;
    let node = cluster.nodes()[1].clone();
    let address = node.address();
    spawn_blocking(move || node.pause()).await??;
    let frozen = Instant::now();
    let of_node = |session: &Session| {
        let nodes = session.metrics().nodes;
        nodes.into_iter().find(|node| node.address == address)
    };
    while of_node(&session).is_some_and(|node| !node.is_suspected) {
        if frozen.elapsed() > Duration::from_secs(5) {
            return Err("the frozen node is not suspected".into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    let suspected = frozen.elapsed();
    sleep(Duration::from_secs(1).saturating_sub(suspected)).await;
    let soon = writers.rate(Duration::from_secs(1)).await;
    let later = writers.rate(FROZEN.saturating_sub(frozen.elapsed())).await;
    let node = cluster.nodes()[1].clone();
    spawn_blocking(move || node.resume()).await??;
    let thawed = Instant::now();
    let requests = |session: &Session| of_node(session).map_or(0, |node| node.requests);
    let at_thaw = requests(&session);
    while requests(&session) < at_thaw + 500 {
        if thawed.elapsed() > Duration::from_secs(5) {
            return Err(format!("no share yet: {:#?}", of_node(&session)).into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    println!(
        "{before:.0} writes/s before, suspected after {suspected:?}, {soon:.0}/s in the second after, {later:.0}/s later, \
         its share again {:?} after the thaw",
        thawed.elapsed()
    );
    let written = writers.stop().await?;
    assert!(written > 0);
    assert!(soon > later * 0.7, "{soon} a second soon after, {later} later");
    session.query("DROP KEYSPACE frozen", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

struct Writers {
    tasks: JoinSet<Result<(), RequestError>>,
    is_over: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
}

impl Writers {
    async fn start(session: &Session) -> Result<Self, RequestError> {
        let insert = session.prepare("INSERT INTO frozen.t (k) VALUES (?)").await?;
        let insert = insert.with_idempotence(true);
        let (is_over, written) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let mut tasks = JoinSet::new();
        for writer in (0..).take(WRITERS) {
            let (session, insert) = (session.clone(), insert.clone());
            let (is_over, written) = (Arc::clone(&is_over), Arc::clone(&written));
            tasks.spawn(async move {
                for k in (writer..).step_by(WRITERS) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    session.execute(&insert, (k,)).await?;
                    written.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        Ok(Self { tasks, is_over, written })
    }

    /// Writes a second, measured for so long.
    async fn rate(&self, time: Duration) -> f64 {
        let (before, begun) = (self.written.load(Ordering::Relaxed), Instant::now());
        sleep(time).await;
        (self.written.load(Ordering::Relaxed) - before) as f64 / begun.elapsed().as_secs_f64()
    }

    /// Ends them, and fails if one of their requests has.
    async fn stop(mut self) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(self.written.load(Ordering::Relaxed))
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use helenus::{Consistency, RequestError, Session};
use helenus_testkit::cassandra::{self, Node};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use crate::behaviours::{Outcome, keyspace};
use crate::crash::all_up;
use crate::server::{SHUTDOWN, Server};

const WRITERS: usize = 64;
const FROZEN: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

/// The part of what two healthy nodes give that a cluster gives whose third node hangs.
const ENOUGH: f64 = 0.7;

/// A node that hangs for ten seconds, every row on it, under load.
///
/// Coordinators wait for it, too, but a quorum does without it: so may the driver. What two nodes give without a third
/// is measured in the same run.
pub(crate) async fn a_frozen_node_fails_no_idempotent_request(server: Server) -> Outcome {
    let session = server.builder().consistency(Consistency::LocalQuorum).build().await?;
    keyspace(&session, "frozen", 3).await?;
    session.query("CREATE TABLE frozen.t (k int PRIMARY KEY)", ()).await?;
    let writers = Writers::start(&session).await?;
    writers.rate(SECOND * 3).await;
    let three = writers.rate(SECOND * 3).await;
    let cluster = server.processes()?;
    let node = cluster.nodes()[1].clone();
    let address = node.address();
    let of_node = |session: &Session| {
        let nodes = session.metrics().nodes;
        nodes.into_iter().find(|node| node.address == address)
    };
    on_process(&node, Node::pause).await?;
    let frozen = Instant::now();
    while of_node(&session).is_some_and(|node| !node.is_suspected) {
        if frozen.elapsed() > SECOND * 5 {
            return Err("the frozen node is not suspected".into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    let suspected = frozen.elapsed();
    sleep(SECOND.saturating_sub(suspected)).await;
    let soon = writers.rate(SECOND).await;
    let later = writers.rate(FROZEN.saturating_sub(frozen.elapsed())).await;
    on_process(&node, Node::resume).await?;
    let thawed = Instant::now();
    let requests = |session: &Session| of_node(session).map_or(0, |node| node.requests);
    let share = loop {
        let (of_it, of_all) = (requests(&session), writers.written());
        sleep(SECOND / 2).await;
        let of_all = (writers.written() - of_all).max(1);
        let share = (requests(&session) - of_it) as f64 / of_all as f64;
        // A third would be its own.
        if share >= 0.2 {
            break share;
        }
        if thawed.elapsed() > SECOND * 5 {
            return Err(
                format!("it takes {share:.2} of the requests: {:#?}", of_node(&session)).into()
            );
        }
    };
    let returned = thawed.elapsed();
    assert!(writers.stop().await? > 0);
    let two = without(&node, &session).await?;
    println!(
        "writes/s: {three:.0} with three nodes, {two:.0} with two, {soon:.0} in the second second of the freeze, {later:.0} \
         later; suspected after {suspected:?}, a share of {share:.2} again {returned:?} after the thaw"
    );
    assert!(soon > two * ENOUGH && later > two * ENOUGH, "{soon} and {later} of {two}");
    session.query("DROP KEYSPACE frozen", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// What the others give while a node is stopped in order.
async fn without(
    node: &Node,
    session: &Session,
) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let writers = Writers::start(session).await?;
    on_process(node, |node| node.terminate().map(drop)).await?;
    // What the stopped node leaves to be done is done first.
    writers.rate(SECOND * 2).await;
    let rate = writers.rate(SECOND * 5).await;
    on_process(node, Node::start).await?;
    all_up(session).await?;
    Ok(rate)
}

async fn on_process(
    node: &Node,
    act: impl FnOnce(&Node) -> Result<(), cassandra::Error> + Send + 'static,
) -> Outcome {
    let node = node.clone();
    Ok(spawn_blocking(move || act(&node)).await??)
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
        let (before, begun) = (self.written(), Instant::now());
        sleep(time).await;
        (self.written() - before) as f64 / begun.elapsed().as_secs_f64()
    }

    fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Ends them, and fails if one of their requests has.
    async fn stop(mut self) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(self.written())
    }
}

//! Nodes that freeze without a word: connections stay open, and nothing comes back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use helenus::{Consistency, PreparedStatement, RequestError, Session, SessionEvent};
use helenus_testkit::EmbeddedCluster;
use tokio::task::JoinSet;

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, until};

/// Writers that write on until they are told to stop.
struct Writers {
    tasks: JoinSet<Result<(), RequestError>>,
    is_over: Arc<AtomicBool>,
    /// By writer.
    written: Arc<[AtomicU64]>,
}

impl Writers {
    fn start(session: &Session, insert: &PreparedStatement, count: usize) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let written: Arc<[_]> = (0..count).map(|_| AtomicU64::new(0)).collect();
        let mut tasks = JoinSet::new();
        for (writer, nth) in (0..).zip(0..count) {
            let (session, insert) = (session.clone(), insert.clone());
            let (is_over, written) = (Arc::clone(&is_over), Arc::clone(&written));
            tasks.spawn(async move {
                for k in (writer..).step_by(count) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    session.execute(&insert, (k,)).await?;
                    written[nth].fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        Self { tasks, is_over, written }
    }

    fn written(&self) -> u64 {
        self.of_each().iter().sum()
    }

    fn of_each(&self) -> Vec<u64> {
        self.written.iter().map(|written| written.load(Ordering::Relaxed)).collect()
    }

    /// Waits until each of them has gone on.
    async fn all_go_on(&self) {
        let before = self.of_each();
        let has_gone_on = |(after, before): (&u64, &u64)| *after > before + 2;
        until("all writers go on", || self.of_each().iter().zip(&before).all(has_gone_on)).await;
    }

    async fn goes_on(&self, more: u64) {
        let target = self.written() + more;
        until("requests go on", || self.written() >= target).await;
    }

    /// Ends them, and fails if one of their requests has.
    async fn stop(mut self) -> Outcome {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

type Three = (EmbeddedCluster, Session, PreparedStatement);

/// Three nodes that all have everything, and an idempotent insert.
async fn three() -> Result<Three, Box<dyn std::error::Error + Send + Sync>> {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster).consistency(Consistency::LocalQuorum).build().await?;
    keyspace(&session, "ks", 3).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
    Ok((cluster, session, insert))
}

fn is_suspected(session: &Session, cluster: &EmbeddedCluster, node: usize) -> bool {
    let host_id = cluster.nodes()[node].host_id();
    session.metrics().nodes.iter().any(|node| node.host_id == host_id && node.is_suspected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_node_is_suspected_passed_over_and_cleared() -> Outcome {
    let (cluster, session, insert) = three().await?;
    let mut events = session.events();
    let writers = Writers::start(&session, &insert, 16);
    writers.goes_on(200).await;
    cluster.freeze(1)?;
    until("the node is suspected", || is_suspected(&session, &cluster, 1)).await;
    let frozen = cluster.nodes()[1].address();
    for k in 0..30 {
        assert_ne!(session.execute(&insert, (-1 - k,)).await?.coordinator(), frozen);
    }
    cluster.thaw(1)?;
    until("the node is cleared", || !is_suspected(&session, &cluster, 1)).await;
    let mut coordinators = BTreeSet::new();
    for k in 0..300 {
        coordinators.insert(session.execute(&insert, (-1 - k,)).await?.coordinator());
    }
    assert!(coordinators.contains(&frozen));
    writers.stop().await?;
    session.shutdown(Duration::from_secs(5)).await;
    let mut told = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            SessionEvent::Suspected { node, silence } => {
                assert!(node == frozen && silence >= Duration::from_millis(400), "{silence:?}");
                told.push("suspected");
            }
            SessionEvent::Cleared { node } if node == frozen => told.push("cleared"),
            _ => {}
        }
    }
    assert_eq!(told, ["suspected", "cleared"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_only_request_waits_for_a_frozen_node_goes_elsewhere() -> Outcome {
    let (cluster, session, insert) = three().await?;
    for k in 0..20 {
        session.execute(&insert, (k,)).await?;
    }
    cluster.freeze(2)?;
    let writers = Writers::start(&session, &insert, 1);
    until("the node is suspected", || is_suspected(&session, &cluster, 2)).await;
    writers.goes_on(100).await;
    cluster.thaw(2)?;
    until("the node is cleared", || !is_suspected(&session, &cluster, 2)).await;
    writers.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_statement_makes_nobody_suspect() -> Outcome {
    let (cluster, session, insert) = three().await?;
    let mut events = session.events();
    let slow = helenus_testkit::Fault::delay(Duration::from_millis(900)).matching("INSERT");
    let slow = cluster.inject(slow.times(3));
    let before = session.metrics().speculations;
    for k in 0..3 {
        session.execute(&insert, (k,)).await?;
    }
    assert_eq!(slow.strikes(), 3);
    assert_eq!(session.metrics().speculations, before);
    session.shutdown(Duration::from_secs(5)).await;
    while let Some(event) = events.next().await {
        assert!(!matches!(event, SessionEvent::Suspected { .. }), "{event:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_again_and_again_under_load_a_node_costs_little_and_fails_nothing() -> Outcome {
    let (cluster, session, insert) = three().await?;
    let writers = Writers::start(&session, &insert, 64);
    writers.goes_on(2000).await;
    let (mut suspected, mut went_on, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    for time in 0..20 {
        let node = time % 3;
        cluster.freeze(node)?;
        let frozen = Instant::now();
        until("the node is suspected", || is_suspected(&session, &cluster, node)).await;
        suspected.push(frozen.elapsed());
        writers.all_go_on().await;
        went_on.push(frozen.elapsed());
        cluster.thaw(node)?;
        let thawed = Instant::now();
        let requests = || cluster.nodes()[node].requests();
        let before = requests();
        until("the node has its share again", || requests() > before + 100).await;
        shared.push(thawed.elapsed());
    }
    // Other tests may take the processor now and then.
    for (times, limit) in [(&mut suspected, 1), (&mut went_on, 1), (&mut shared, 5)] {
        times.sort();
        assert!(times[10] < Duration::from_secs(limit), "{times:?}");
    }
    writers.stop().await
}

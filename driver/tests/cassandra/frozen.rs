use std::time::{Duration, Instant};

use helenus::{Consistency, NodeMetrics, Session};
use helenus_testkit::cassandra::{self, Node};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::behaviours::{Outcome, keyspace};
use crate::crash::all_up;
use crate::load::{Load, until};
use crate::server::{SHUTDOWN, Server};

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
    let cluster = server.processes()?;
    let node = cluster.nodes()[1].clone();
    let two = without(&node, &session).await?;
    let load = Load::full(&session, "frozen").await?;
    let three = level(&load).await;

    let of_node = || of_node(&session, &node);
    on_process(&node, Node::pause).await?;
    let frozen = Instant::now();
    until("the frozen node is suspected", || of_node().is_some_and(|node| node.is_suspected))
        .await?;
    let suspected = frozen.elapsed();
    sleep(SECOND.saturating_sub(suspected)).await;
    let soon = load.rate(SECOND).await;
    let later = load.rate(FROZEN.saturating_sub(frozen.elapsed())).await;

    on_process(&node, Node::resume).await?;
    let thawed = Instant::now();
    let requests = || of_node().map_or(0, |node| node.requests);
    let share = loop {
        let (of_it, of_all) = (requests(), load.served());
        sleep(SECOND / 2).await;
        let of_all = (load.served() - of_all).max(1);
        let share = (requests() - of_it) as f64 / of_all as f64;
        // A third would be its own.
        if share >= 0.2 {
            break share;
        }
        if thawed.elapsed() > SECOND * 5 {
            return Err(format!("it takes {share:.2} of the requests: {:#?}", of_node()).into());
        }
    };
    let returned = thawed.elapsed();
    load.stop().await?;
    println!(
        "writes/s: {two:.0} with two nodes, {three:.0} with three, {soon:.0} in the second second of the freeze, {later:.0} \
         later; suspected after {suspected:?}, a share of {share:.2} again {returned:?} after the thaw"
    );
    assert!(suspected < SECOND, "{suspected:?}");
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
    on_process(node, |node| node.terminate().map(drop)).await?;
    until("the stopped node is down", || of_node(session, node).is_some_and(|node| !node.is_up))
        .await?;
    let load = Load::full(session, "frozen").await?;
    let rate = level(&load).await;
    load.stop().await?;
    on_process(node, Node::start).await?;
    all_up(session).await?;
    Ok(rate)
}

/// What a cluster gives that has warmed up: nodes compile what they are asked often while they are asked.
async fn level(load: &Load) -> f64 {
    let mut best = load.rate(SECOND * 3).await;
    loop {
        let next = load.rate(SECOND * 3).await;
        if next < best * 1.1 {
            return best.max(next);
        }
        best = next;
    }
}

fn of_node(session: &Session, node: &Node) -> Option<NodeMetrics> {
    session.metrics().nodes.into_iter().find(|known| known.address == node.address())
}

async fn on_process(
    node: &Node,
    act: impl FnOnce(&Node) -> Result<(), cassandra::Error> + Send + 'static,
) -> Outcome {
    let node = node.clone();
    Ok(spawn_blocking(move || act(&node)).await??)
}

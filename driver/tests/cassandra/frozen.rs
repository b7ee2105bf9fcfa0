use std::fmt;
use std::time::{Duration, Instant};

use helenus::{Consistency, NodeMetrics, Session};
use helenus_testkit::cassandra::{self, Node};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::behaviours::{Outcome, keyspace};
use crate::crash::all_up;
use crate::load::{Load, until};
use crate::server::{SHUTDOWN, Server};

const FREEZES: usize = 3;
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

    println!("writes/s: {two:.0} with two nodes, {three:.0} with three");
    // What else the machine does is no fault of the driver's, and may be over at the next one.
    let mut freezes = 0;
    loop {
        let freeze = Freeze::of(&node, &session, &load).await?;
        println!("{freeze}");
        freezes += 1;
        if freeze.soon.min(freeze.later) > two * ENOUGH {
            break;
        }
        assert!(freezes < FREEZES, "{freeze}, but {two:.0} writes/s with two nodes");
    }
    load.stop().await?;
    session.query("DROP KEYSPACE frozen", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// What happened while a node hung, and then.
struct Freeze {
    /// When the node was suspected.
    suspected: Duration,
    /// Writes a second in the second second.
    soon: f64,
    /// Those behind it.
    later: f64,
    /// When the node had a good part of the requests again.
    returned: Duration,
}

impl Freeze {
    async fn of(node: &Node, session: &Session, load: &Load) -> Outcome<Self> {
        let of_node = || of_node(session, node);
        on_process(node, Node::pause).await?;
        let frozen = Instant::now();
        let suspected = async {
            let is_suspected = || of_node().is_some_and(|node| node.is_suspected);
            until("the frozen node is suspected", is_suspected).await?;
            Outcome::Ok(frozen.elapsed())
        };
        let rates = async {
            sleep(SECOND).await;
            let soon = load.rate(SECOND).await;
            (soon, load.rate(FROZEN.saturating_sub(frozen.elapsed())).await)
        };
        let (suspected, (soon, later)) = tokio::join!(suspected, rates);

        on_process(node, Node::resume).await?;
        let thawed = Instant::now();
        let requests = || of_node().map_or(0, |node| node.requests);
        loop {
            let (of_it, of_all) = (requests(), load.served());
            sleep(SECOND / 2).await;
            let of_all = (load.served() - of_all).max(1);
            let share = (requests() - of_it) as f64 / of_all as f64;
            let returned = thawed.elapsed();
            // A third would be its own.
            if share >= 0.2 {
                return Ok(Self { suspected: suspected?, soon, later, returned });
            }
            if returned > SECOND * 5 {
                return Err(format!("it takes {share:.2} of them: {:#?}", of_node()).into());
            }
        }
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "frozen: suspected after {:.2?}, {:.0} writes/s in the second second, {:.0} later; has its share again {:.2?} \
             after the thaw",
            self.suspected, self.soon, self.later, self.returned
        )
    }
}

/// What the others give while a node is stopped in order.
async fn without(node: &Node, session: &Session) -> Outcome<f64> {
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

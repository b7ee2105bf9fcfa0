//! What a slow node costs, what one that is stopped does not, and what a lost data center does not do to the other one.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use helenus::policies::{Backoff, DcAware, RetryBudget, RoundRobin, TokenAware};
use helenus::{
    AttemptDecision, CloseReason, Consistency, ErrorKind, PreparedStatement, RequestError, Session,
    SessionBuilder, SessionEvent,
};
use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::behaviours::{Outcome, keyspace};
use crate::in_order::Ordered;
use crate::{builder, until};

const READERS: i32 = 16;
const USUAL: Duration = Duration::from_millis(20);

/// The 99th percentile of what reads take once the session knows its nodes.
async fn p99(session: &Session, select: &PreparedStatement) -> Result<Duration, RequestError> {
    let mut latencies = Vec::new();
    for (rounds, counts) in [(40, false), (80, true)] {
        let mut readers = JoinSet::new();
        for reader in 0..READERS {
            let (session, select) = (session.clone(), select.clone());
            readers.spawn(async move {
                let mut taken = Vec::new();
                for round in 0..rounds {
                    let asked = Instant::now();
                    session.execute(&select, (reader * rounds + round,)).await?;
                    taken.push(asked.elapsed());
                }
                Ok(taken)
            });
        }
        for taken in readers.join_all().await {
            latencies.extend(taken?.into_iter().filter(|_| counts));
        }
    }
    latencies.sort_unstable();
    Ok(latencies[latencies.len() * 99 / 100])
}

#[tokio::test(start_paused = true)]
async fn a_node_ten_times_slower_does_not_show_in_the_percentiles_of_the_default_policy() -> Outcome
{
    let cluster = EmbeddedCluster::start(4).await?;
    let default = builder(&cluster).consistency(Consistency::One);
    let round_robin = default.clone().load_balancing(Arc::new(RoundRobin));
    let measured = async |builder: &SessionBuilder| {
        let session = builder.clone().build().await?;
        let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?;
        Outcome::Ok(p99(&session, &select.with_idempotence(true)).await?)
    };
    let setup = default.clone().build().await?;
    keyspace(&setup, "ks", 3).await?;
    setup.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let _usual: Vec<_> = cluster.nodes()[..3]
        .iter()
        .map(|node| node.inject(Fault::delay(USUAL).to(Opcode::Execute)))
        .collect();
    let healthy = {
        let _usual = cluster.nodes()[3].inject(Fault::delay(USUAL).to(Opcode::Execute));
        measured(&default).await?
    };
    let _slow = cluster.nodes()[3].inject(Fault::delay(USUAL * 10).to(Opcode::Execute));
    let (slow, in_turn) = (measured(&default).await?, measured(&round_robin).await?);
    println!("p99: healthy {healthy:?}, one slow node {slow:?}, in turn {in_turn:?}");
    assert!(slow <= healthy * 3 / 2, "{slow:?} instead of {healthy:?}");
    assert!(in_turn >= USUAL * 10, "{in_turn:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outage_of_a_data_center_does_not_multiply_the_load_of_the_other() -> Outcome {
    const LOST: u64 = 400;
    const AFTER: u64 = 2_000;
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 2).datacenter("dc2", 3).start().await?;
    let policy = TokenAware::new(DcAware::new("dc1").with_remote_hosts(3));
    let session = builder(&cluster)
        .load_balancing(Arc::new(policy))
        .consistency(Consistency::One)
        .retry_backoff(Backoff::none())
        .build()
        .await?;
    let up = |dc: &str| {
        session.metrics().nodes.iter().filter(|node| node.datacenter == dc && node.is_up).count()
    };
    until("all are connected to", || (up("dc1"), up("dc2")) == (2, 3)).await;
    let replication = "{'class': 'NetworkTopologyStrategy', 'dc1': 2, 'dc2': 3}";
    session.query(format!("CREATE KEYSPACE ks WITH replication = {replication}"), ()).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
    let ask = |requests: u64| {
        let mut tasks = JoinSet::new();
        for k in 0..i32::try_from(requests).unwrap_or(i32::MAX) {
            let (session, insert) = (session.clone(), insert.clone());
            tasks.spawn(async move { session.execute(&insert, (k,)).await.is_ok() });
        }
        tasks
    };
    [0, 1].into_iter().for_each(|node| cluster.freeze(node).unwrap());
    let lost = ask(LOST);
    let in_flight =
        || session.metrics().nodes.iter().map(|node| node.in_flight as u64).sum::<u64>();
    until("requests wait for dc1", || in_flight() >= LOST).await;
    // The other data center cannot bear what comes.
    let _full: Vec<_> = (2..5)
        .map(|node| {
            let overloaded = Fault::error(ErrorKind::Overloaded).to(Opcode::Execute);
            cluster.nodes()[node].inject(overloaded)
        })
        .collect();
    let before = session.metrics();
    let begun = Instant::now();
    cluster.stop(0).await?;
    cluster.stop(1).await?;
    until("dc1 is down", || up("dc1") == 0).await;
    let after = ask(AFTER);
    for tasks in [lost, after] {
        assert!(tasks.join_all().await.into_iter().all(|succeeded| !succeeded));
    }
    let metrics = session.metrics();
    let retries = metrics.retries - before.retries;
    // A fifth of the requests, what a second pays, the reserve, and once what was lost with its connection.
    let budget = (LOST + AFTER) / 5 + 10 * (begun.elapsed().as_secs() + 1) + 100 + LOST;
    assert!(retries <= budget, "{retries} retries on a budget of {budget}");
    assert!(metrics.retries_refused > 0);
    let seen = cluster.requests();
    let dc2 = cluster.datacenter("dc2")?;
    let is_remote = |node| dc2.nodes().iter().any(|other| other.address() == node);
    let seen = seen.executing("INSERT").which("in dc2", |request| is_remote(request.node)).count();
    assert!(
        seen as u64 <= AFTER + budget,
        "{seen} attempts for {AFTER} requests and {LOST} lost ones"
    );
    Ok(())
}

/// A node that is stopped in order refuses what it gets until it closes its connections.
#[tokio::test]
async fn a_node_that_says_it_is_shutting_down_fails_no_request_and_gets_no_other() -> Outcome {
    let none =
        RetryBudget::new(Instant::now().into_std()).with_ratio(0.0).with_minimum_per_second(0);
    let none = Arc::new(none.with_reserve(0).with_credit(0));
    let Ordered { cluster, session, insert, .. } =
        Ordered::start(2, |builder| builder.retry_budget(Arc::clone(&none))).await?;
    let leaving = &cluster.nodes()[0];
    let fault = leaving.inject(Fault::shutting_down().to(Opcode::Execute));
    let mut events = session.events();
    // Not idempotent, and no retry is left: what was not run may go elsewhere all the same.
    let all = join_all((0..200).map(|k| session.execute(&insert, (k,)))).await;
    for result in all {
        let result = result?;
        assert_eq!(result.coordinator(), cluster.nodes()[1].address());
        assert_eq!(result.info().failed_attempts()[0].decision, AttemptDecision::NextNode);
    }
    loop {
        let event = events.next().await.ok_or("the session is over")?;
        if let SessionEvent::Closed { node, reason } = event {
            assert_eq!(node, leaving.address());
            assert!(matches!(reason, CloseReason::ShuttingDown), "{reason}");
            break;
        }
    }
    drop(fault);
    until("it is asked again", || {
        session.metrics().nodes.iter().all(|node| node.is_up && node.connections > 0)
    })
    .await;
    Ok(())
}

//! Nodes that are unwell: how a session finds out, what it does, and how they come back.

use std::time::Duration;

use futures::future::try_join_all;
use helenus::policies::{CircuitBreaker, Health, HealthStatus};
use helenus::{
    Consistency, ErrorKind, NodeMetrics, PoolConfig, PreparedStatement, Session, SessionEvent,
};
use helenus_testkit::{EmbeddedCluster, Fault};

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, soon, until};

const SOON: Duration = Duration::from_millis(60);

type Error = Box<dyn std::error::Error + Send + Sync>;

/// An idempotent insert into a table whose rows are on all nodes.
async fn insert(session: &Session) -> Result<PreparedStatement, Error> {
    keyspace(session, "ks", 3).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    Ok(session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true))
}

fn node(session: &Session, cluster: &EmbeddedCluster, index: usize) -> NodeMetrics {
    let host_id = cluster.nodes()[index].host_id();
    let nodes = session.metrics().nodes;
    nodes.into_iter().find(|node| node.host_id == host_id).expect("the session knows its nodes")
}

fn health(session: &Session, cluster: &EmbeddedCluster, index: usize) -> HealthStatus {
    node(session, cluster, index).health
}

/// Writes until something is so.
async fn write_until(
    session: &Session,
    insert: &PreparedStatement,
    mut is_so: impl FnMut() -> bool,
) -> Outcome {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came about");
        let writes = (0..20).map(|k| session.execute(insert, (k,)));
        // More may fail than the retry budget makes up for.
        futures::future::join_all(writes).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_node_that_fails_requests_is_unhealthy_passed_over_and_comes_back() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster)
        .health(|health| {
            health.check_interval = SOON;
            health.warm_up = SOON;
        })
        .build()
        .await?;
    let insert = insert(&session).await?;
    let mut events = session.events();
    let started = health(&session, &cluster, 0);
    assert_eq!((started.health, started.why), (Health::Healthy, None));
    let failing =
        cluster.nodes()[0].inject(Fault::error(ErrorKind::ServerError).matching("INSERT"));
    let is = |health_is| health(&session, &cluster, 0).health == health_is;
    write_until(&session, &insert, || is(Health::Unhealthy)).await?;
    let status = health(&session, &cluster, 0);
    assert!(status.why.as_ref().is_some_and(|why| why.contains("requests failed")), "{status:?}");
    assert!(status.since > started.since);
    let strikes = failing.strikes();
    for k in 0..30 {
        session.execute(&insert, (k,)).await?;
    }
    assert_eq!(failing.strikes(), strikes, "requests pass it over");
    drop(failing);
    until("it is healthy again", || is(Health::Healthy)).await;
    let before = node(&session, &cluster, 0).requests;
    write_until(&session, &insert, || node(&session, &cluster, 0).requests > before + 20).await?;
    let address = cluster.nodes()[0].address();
    session.shutdown(Duration::from_secs(5)).await;
    let mut told = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            SessionEvent::Unhealthy { node, why } if node == address => told.push(why),
            SessionEvent::Recovered { node } if node == address => told.push("again".to_owned()),
            _ => {}
        }
    }
    assert!(told.len() >= 2 && told[0].contains("failed") && told[1] == "again", "{told:?}");
    Ok(())
}

#[tokio::test]
async fn a_node_that_is_down_is_unhealthy_and_says_why() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster)
        .reconnection(soon())
        .health(|health| health.check_interval = SOON)
        .build()
        .await?;
    cluster.stop(1).await?;
    until("it is unhealthy", || health(&session, &cluster, 1).health == Health::Unhealthy).await;
    let status = health(&session, &cluster, 1);
    assert!(status.why.is_some_and(|why| why.contains("no connection")));
    cluster.restart(1).await?;
    until("it is healthy", || health(&session, &cluster, 1).health == Health::Healthy).await;
    assert_eq!(health(&session, &cluster, 1).why, None);
    Ok(())
}

#[tokio::test]
async fn a_circuit_breaker_waits_for_no_check() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster)
        .health(|health| {
            health.check_interval = Duration::from_secs(3600);
            health.circuit_breaker = Some(CircuitBreaker::new(5, SOON * 5));
        })
        .build()
        .await?;
    let insert = insert(&session).await?;
    let failing =
        cluster.nodes()[0].inject(Fault::error(ErrorKind::ServerError).matching("INSERT"));
    let is_open = || node(&session, &cluster, 0).is_passed_over;
    write_until(&session, &insert, is_open).await?;
    drop(failing);
    write_until(&session, &insert, || !is_open()).await?;
    let before = node(&session, &cluster, 0).requests;
    write_until(&session, &insert, || node(&session, &cluster, 0).requests > before + 20).await?;
    Ok(())
}

#[tokio::test]
async fn a_node_that_returns_gets_few_requests_at_first() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    for (warm_up, expected) in [(Duration::from_secs(3600), 1..60), (Duration::ZERO, 100..600)] {
        let session = builder(&cluster)
            .reconnection(soon())
            .health(|health| health.warm_up = warm_up)
            .build()
            .await?;
        session.query("DROP KEYSPACE IF EXISTS ks", ()).await?;
        let insert = insert(&session).await?;
        let is_up = || node(&session, &cluster, 0).is_up;
        cluster.stop(0).await?;
        until("it is down", || !is_up()).await;
        cluster.restart(0).await?;
        until("it is up", is_up).await;
        let before = node(&session, &cluster, 0).requests;
        for _ in 0..30 {
            futures::future::try_join_all((0..20).map(|k| session.execute(&insert, (k,)))).await?;
        }
        let share = node(&session, &cluster, 0).requests - before;
        assert!(expected.contains(&share), "{share} of 600");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_connection_tells_whether_it_works_since_when_and_why() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let builder = builder(&cluster).consistency(Consistency::One);
    let session = builder.pool(PoolConfig::fixed(2)).build().await?;
    let insert = insert(&session).await?.with_timeout(Duration::from_millis(100));
    let deaf = cluster.connections().into_iter().find(|client| !client.hears_events);
    let deaf = deaf.ok_or("there is a connection")?.id;
    let unwell = || {
        let connections = node(&session, &cluster, 0).each_connection;
        assert_eq!(connections.len(), 2);
        let status = connections.into_iter().map(|connection| connection.health);
        status.filter(|status| status.health == Health::Unhealthy).collect::<Vec<_>>()
    };
    assert_eq!(unwell(), []);
    let mut sinces = Vec::new();
    for (idle, why) in [(0, "1 requests had no answer in time"), (32, "a heartbeat")] {
        let lost = cluster.inject(Fault::drop_answers().on_connection(deaf));
        let asked = tokio::time::Instant::now();
        tokio::time::sleep(Duration::from_secs(idle)).await;
        while lost.strikes() == 0 {
            let _ = session.execute(&insert, (1,)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let status = unwell();
        assert!(status[0].why.as_ref().is_some_and(|found| found.starts_with(why)), "{status:?}");
        assert!(status.len() == 1 && status[0].since >= asked.into_std());
        sinces.push(status[0].since);
        drop(lost);
        // Whatever comes over it shows that it works.
        while !unwell().is_empty() {
            // One alone goes where no heartbeat waits.
            try_join_all((0..4).map(|k| session.execute(&insert, (k,)))).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(sinces[1] > sinces[0]);
    let closed = node(&session, &cluster, 0).pool.closed;
    assert_eq!(closed.total(), 0, "none was given up: {closed:?}");
    Ok(())
}

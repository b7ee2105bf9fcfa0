//! What a session measures of its nodes, and what it makes of that.

use std::time::Duration;

use helenus::Session;
use helenus_testkit::{EmbeddedCluster, Fault};

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, soon, until};

const DELAY: Duration = Duration::from_millis(20);

#[tokio::test]
async fn response_times_are_measured_and_outlive_connections() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).reconnection(soon()).build().await?;
    let select = session.prepare("SELECT key FROM system.local").await?;
    let before = session.metrics().response_times;
    let slow = cluster.inject(Fault::delay(DELAY).matching("system.local").times(5));
    for _ in 0..20 {
        session.execute(&select, ()).await?;
    }
    assert_eq!(slow.strikes(), 5);
    let seen = session.metrics().response_times.since(&before);
    assert_eq!(seen.count(), 20);
    assert!(
        seen.percentile(50.0) < Some(DELAY) && seen.percentile(90.0) >= Some(DELAY),
        "{seen:?}"
    );
    assert!(seen.mean() >= Some(DELAY / 4), "{seen:?}");
    let all = session.metrics().response_times;
    let up_since = session.metrics().nodes[0].up_since.ok_or("the node is up")?;
    cluster.stop(0).await?;
    until("the node is down", || session.metrics().nodes[0].up_since.is_none()).await;
    cluster.restart(0).await?;
    until("the node is up", || session.metrics().nodes[0].is_up).await;
    session.execute(&select, ()).await?;
    let node = session.metrics().nodes.remove(0);
    assert!(node.response_times.count() > all.count(), "{:?}", node.response_times);
    assert!(node.up_since > Some(up_since) && node.latency.is_some());
    Ok(())
}

#[tokio::test]
async fn an_answer_that_came_too_late_counts_as_late_as_it_came() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).build().await?;
    let select = session.prepare("SELECT key FROM system.local").await?;
    let hasty = select.clone().with_timeout(DELAY);
    cluster.freeze(0)?;
    assert!(session.execute(&hasty, ()).await.is_err());
    tokio::time::sleep(DELAY * 4).await;
    cluster.thaw(0)?;
    until("the late answer came", || session.metrics().nodes[0].orphans == 0).await;
    let longest = session.metrics().response_times.max();
    assert!(longest >= Some(DELAY * 5), "{longest:?}");
    Ok(())
}

/// How many of so many requests, one after another, each node coordinates.
async fn shares(
    cluster: &EmbeddedCluster,
    session: &Session,
    requests: i32,
) -> Result<Vec<u64>, Box<dyn std::error::Error + Send + Sync>> {
    let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?;
    let count = || cluster.nodes().iter().map(helenus_testkit::Node::requests).collect::<Vec<_>>();
    let before = count();
    for k in 0..requests {
        session.execute(&select, (k,)).await?;
    }
    Ok(count().iter().zip(before).map(|(after, before)| after - before).collect())
}

#[tokio::test]
async fn a_replica_that_is_slow_gets_few_requests_until_that_is_long_ago() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "ks", 3).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    // Much slower than others are on a machine with other work.
    let delay = Duration::from_millis(300);
    let slow = cluster.nodes()[0].inject(Fault::delay(delay).matching("SELECT"));
    let without_slow = shares(&cluster, &session, 300).await?;
    assert!(without_slow[0] < 60, "{without_slow:?}");
    drop(slow);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    let with_slow = shares(&cluster, &session, 300).await?;
    assert!(with_slow[0] > 0, "{with_slow:?}");
    Ok(())
}

use std::sync::Arc;
use std::time::Duration;

use helenus::policies::{ConstantReconnection, ExponentialReconnection};
use helenus::{Consistency, PoolConfig, Session};
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::time::Instant;

use super::{SECOND, all, connections, insert, writes};
use crate::behaviours::Outcome;
use crate::{builder, until};

/// 1 s, doubled up to 20 s.
fn reconnection() -> Arc<ExponentialReconnection> {
    Arc::new(ExponentialReconnection::new(SECOND, SECOND * 20))
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_away_is_tried_less_and_less_often_and_found_by_itself() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session =
        builder(&cluster).reconnection(reconnection()).pool(PoolConfig::fixed(3)).build().await?;
    let refusing = cluster.inject(Fault::connection_limit(0));
    cluster.stop(0).await?;
    cluster.restart(0).await?;
    // Each attempt is a connection that the node closes.
    let attempts = |_: &EmbeddedCluster| refusing.strikes();
    tokio::time::sleep(SECOND * 600).await;
    let tried = attempts(&cluster);
    // Of the pool 1 + 5 while the wait grows, then one in 17 to 20 s, and as many of the control connection.
    assert!((2 * 28..=2 * 44).contains(&tried), "{tried} attempts in 10 min");
    drop(refusing);
    let back = Instant::now();
    until("it is whole again", || connections(&session, &cluster) == [3]).await;
    assert!(back.elapsed() <= SECOND * 21, "{:?}", back.elapsed());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_partition_heals_within_the_longest_wait() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster)
        .consistency(Consistency::One)
        .reconnection(reconnection())
        .pool(PoolConfig::fixed(2))
        .build()
        .await?;
    let insert = insert(&session).await?;
    for _ in 0..2 {
        cluster.freeze(1)?;
        tokio::time::sleep(SECOND * 600).await;
        assert_eq!(connections(&session, &cluster)[1], 0);
        all(writes(&session, &insert, 100)).await?;
        cluster.thaw(1)?;
        let healed = Instant::now();
        until("both pools are whole", || connections(&session, &cluster) == [2, 2]).await;
        // An attempt that hangs is given up after 5 s.
        assert!(healed.elapsed() <= SECOND * 26, "{:?}", healed.elapsed());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn two_hundred_sessions_that_lose_a_node_make_no_storm() -> Outcome {
    const SESSIONS: usize = 200;
    let cluster = EmbeddedCluster::start(1).await?;
    let mut sessions = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        let session = builder(&cluster).reconnection(reconnection()).pool(PoolConfig::fixed(2));
        sessions.push(session.build().await?);
    }
    let limit = cluster.inject(Fault::connection_limit(150));
    cluster.stop(0).await?;
    tokio::time::sleep(SECOND * 3).await;
    cluster.restart(0).await?;
    let mut attempts = Vec::new();
    for _ in 0..60 {
        let before = limit.strikes();
        tokio::time::sleep(SECOND).await;
        attempts.push(limit.strikes() - before);
    }
    let most = attempts.iter().max().copied().unwrap_or(0);
    let in_last = attempts[30..].iter().sum::<u64>() / 30;
    println!(
        "attempts turned away per second: {most} at most, {in_last} in the second half minute"
    );
    // A session has two schedules, its pool's and its control connection's.
    assert!(most <= 2 * SESSIONS as u64, "{attempts:?}");
    assert!(in_last <= SESSIONS as u64 / 5, "{attempts:?}");
    drop(limit);
    let lifted = Instant::now();
    let is_whole = |session: &Session| session.metrics().nodes[0].connections == 2;
    while !sessions.iter().all(is_whole) {
        assert!(lifted.elapsed() <= SECOND * 25, "not all are whole");
        tokio::time::sleep(SECOND / 10).await;
    }
    for session in sessions {
        session.shutdown(SECOND).await;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_restart_under_ten_thousand_requests_fails_none_and_the_pool_is_whole_in_time() -> Outcome
{
    const REQUESTS: u16 = 10_000;
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster)
        .consistency(Consistency::One)
        .reconnection(reconnection())
        .build()
        .await?;
    let insert = insert(&session).await?;
    let _slow = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    let writes = writes(&session, &insert, REQUESTS.into());
    let in_flight = || session.metrics().nodes.iter().map(|node| node.in_flight).sum::<usize>();
    until("all are in flight", || in_flight() == usize::from(REQUESTS)).await;
    let of_node = session.metrics().nodes.iter().map(|node| node.in_flight).min();
    assert!(of_node.is_some_and(|of_node| of_node > usize::from(REQUESTS / 6)), "{of_node:?}");
    cluster.stop(0).await?;
    all(writes).await?;
    assert!(session.metrics().retries > u64::from(REQUESTS / 6));
    cluster.restart(0).await?;
    let back = Instant::now();
    until("the pools are whole", || connections(&session, &cluster) == [2; 3]).await;
    assert!(back.elapsed() <= SECOND * 2, "{:?}", back.elapsed());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_more_connections_are_in_the_making_at_once_than_may_be() -> Outcome {
    let cluster = EmbeddedCluster::start(4).await?;
    let mut config = PoolConfig::fixed(4);
    config.connection_attempts = 3;
    let reconnection = Arc::new(ConstantReconnection(SECOND));
    let session = builder(&cluster).reconnection(reconnection).pool(config).build().await?;
    assert_eq!(connections(&session, &cluster), [4; 4]);
    let hung = cluster.inject(Fault::hang_startup());
    for node in 1..4 {
        cluster.stop(node).await?;
        cluster.restart(node).await?;
    }
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let hanging =
            cluster.nodes()[1..].iter().map(helenus_testkit::Node::connections).sum::<usize>();
        assert!(hanging <= 3, "of the pools and the control connection: {hanging}");
    }
    drop(hung);
    until("all pools are whole", || connections(&session, &cluster) == [4; 4]).await;
    Ok(())
}

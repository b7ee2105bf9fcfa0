use std::collections::HashSet;
use std::time::Duration;

use helenus::{PoolSize, SessionBuilder};
use helenus_protocol::Opcode;
use helenus_testkit::{ConnectionId, EmbeddedCluster, Fault};

use super::{SECOND, all, clients, connections, insert, pool, writes};
use crate::behaviours::{Outcome, keyspace};
use crate::{builder, soon, until};

fn ids(cluster: &EmbeddedCluster) -> HashSet<ConnectionId> {
    clients(cluster).into_iter().map(|client| client.id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_replaced_at_once() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).pool(pool(3, |_| {})).build().await?;
    let insert = insert(&session).await?;
    // Longer than a connection that was lost at once would have lived.
    tokio::time::sleep(SECOND * 2).await;
    let before = ids(&cluster);
    let lost = *before.iter().next().unwrap();
    let fault = cluster.inject(Fault::reset().to(Opcode::Execute).on_connection(lost).times(1));
    let asked = tokio::time::Instant::now();
    while fault.strikes() == 0 {
        let _ = session.execute(&insert, (1,)).await;
    }
    until("another has taken its place", || {
        let now = ids(&cluster);
        now.len() == 3 && !now.contains(&lost) && connections(&session, &cluster) == [3]
    })
    .await;
    assert_eq!(ids(&cluster).intersection(&before).count(), 2);
    assert!(asked.elapsed() < SECOND, "it took {:?}", asked.elapsed());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_draining_connection_takes_no_new_request_and_finishes_the_old() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).pool(pool(4, |_| {})).build().await?;
    let insert = insert(&session).await?;
    let slow = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    let old = writes(&session, &insert, 40);
    until("all are in flight", || session.metrics().nodes[0].in_flight == 40).await;
    session.resize_pools(session.pool_sizes().with_local(PoolSize::fixed(1)))?;
    until("one takes requests", || connections(&session, &cluster) == [1]).await;
    assert_eq!(clients(&cluster).len(), 4, "the others wait for their answers");
    drop(slow);
    cluster.forget_statements();
    all(writes(&session, &insert, 40)).await?;
    let used = |id: &ConnectionId| cluster.requests().over(*id).executing("INSERT").count();
    let new: Vec<_> = ids(&cluster).iter().map(used).filter(|count| *count > 0).collect();
    assert_eq!(new, [40]);
    all(old).await?;
    until("the others are closed", || clients(&cluster).len() == 1).await;
    Ok(())
}

/// Gives up `count` requests whose answers never come, each after 30 ms.
async fn orphaned(
    builder: SessionBuilder,
    cluster: &EmbeddedCluster,
    count: i32,
) -> Result<(), super::Failure> {
    let session = builder.reconnection(soon()).build().await?;
    let insert = insert(&session).await?.with_timeout(Duration::from_millis(30));
    let before = ids(cluster);
    let lost = cluster.inject(Fault::drop_answers().matching("INSERT"));
    for write in writes(&session, &insert, count) {
        assert!(write.await?.is_err());
    }
    drop(lost);
    until("every connection with orphans is replaced", || {
        ids(cluster).is_disjoint(&before) && connections(&session, cluster) == [2]
    })
    .await;
    all(writes(&session, &insert, 10)).await?;
    assert_eq!(session.metrics().nodes[0].orphans, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_too_many_orphans_is_retired() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let limited =
        builder(&cluster).pool(pool(2, |_| {})).connection(|connection| connection.max_orphans = 5);
    orphaned(limited, &cluster, 40).await?;
    until("the session is gone", || clients(&cluster).is_empty()).await;
    // Half of what a connection takes is too many, whatever else is allowed.
    let small = pool(2, |pool| pool.sizes.max_requests_per_connection = 8);
    orphaned(builder(&cluster).pool(small), &cluster, 16).await
}

#[tokio::test(start_paused = true)]
async fn a_session_is_closed_while_connections_are_in_the_making() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).pool(pool(1, |_| {})).build().await?;
    let hung = cluster.inject(Fault::hang_startup());
    session.resize_pools(session.pool_sizes().with_local(PoolSize::fixed(4)))?;
    until("connections are in the making", || clients(&cluster).len() == 4).await;
    let asked = tokio::time::Instant::now();
    session.shutdown(SECOND * 5).await;
    assert!(asked.elapsed() < SECOND, "nothing was under way");
    until("none is left", || cluster.connections().is_empty()).await;
    drop(hung);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn old_connections_are_replaced_one_by_one_and_no_request_notices() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let config = pool(4, |pool| pool.max_age = Some(SECOND * 60));
    let session = builder(&cluster).pool(config).build().await?;
    keyspace(&session, "ks", 1).await?;
    let insert = insert(&session).await?;
    let mut seen = ids(&cluster);
    let mut present = seen.clone();
    for tenth in 0..1300 {
        tokio::time::sleep(SECOND / 10).await;
        session.execute(&insert, (tenth,)).await?;
        assert_eq!(connections(&session, &cluster), [4]);
        let now = ids(&cluster);
        assert!(now.len() <= 5, "only one has a successor at a time");
        assert!(present.intersection(&now).count() >= 1, "they go one by one");
        if tenth < 530 {
            assert_eq!(now, seen, "none is old yet");
        }
        seen.extend(&now);
        present = now;
    }
    // Twice 60 s have passed.
    assert_eq!(seen.len(), 12);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_stays_until_there_is_another() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let config = pool(1, |pool| pool.max_age = Some(SECOND * 10));
    let session = builder(&cluster).reconnection(soon()).pool(config).build().await?;
    let insert = insert(&session).await?;
    let before = ids(&cluster);
    let full = cluster.inject(Fault::connection_limit(2));
    for k in 0..600 {
        tokio::time::sleep(SECOND / 10).await;
        session.execute(&insert, (k,)).await?;
    }
    assert!(ids(&cluster).is_superset(&before));
    drop(full);
    until("it has a successor", || ids(&cluster).is_disjoint(&before)).await;
    session.execute(&insert, (0,)).await?;
    Ok(())
}

//! The figures of pools, as users see them.

use std::time::Duration;

use futures::FutureExt;
use helenus::{PoolConfig, PoolSize, Session, SessionEvent};
use helenus_testkit::{EmbeddedCluster, Fault};

use crate::behaviours::Outcome;
use crate::{builder, soon, until};

async fn one(
    change: impl FnOnce(&mut PoolConfig),
) -> Result<(EmbeddedCluster, Session), Box<dyn std::error::Error + Send + Sync>> {
    let cluster = EmbeddedCluster::start(1).await?;
    let mut pool = PoolConfig::fixed(2);
    change(&mut pool);
    let session = builder(&cluster).reconnection(soon()).pool(pool).build().await?;
    Ok((cluster, session))
}

#[tokio::test]
async fn what_is_in_flight_given_up_and_answered_adds_up() -> Outcome {
    let (cluster, session) = one(|_| {}).await?;
    let select = session.prepare("SELECT key FROM system.local").await?;
    for _ in 0..10 {
        session.execute(&select, ()).await?;
    }
    let before = session.metrics().pools;
    assert_eq!((before.open, before.idle, before.active), (2, 2, 0));
    assert_eq!((before.acquired, before.released, before.in_flight), (11, 11, 0));
    assert_eq!((before.created, before.closed.total(), before.misses), (2, 0, 0));
    cluster.freeze(0)?;
    let hasty = select.clone().with_timeout(Duration::from_millis(30));
    for _ in 0..3 {
        assert!(session.execute(&hasty, ()).await.is_err());
    }
    let mut waiting: Vec<_> = (0..20).map(|_| Box::pin(session.execute(&select, ()))).collect();
    for request in &mut waiting {
        assert!(request.now_or_never().is_none());
    }
    let pools = session.metrics().pools;
    assert_eq!((pools.in_flight, pools.orphaned, pools.active), (20, 3, 2));
    assert_eq!((pools.acquired, pools.released), (34, 11));
    assert!((10..=20).contains(&pools.peak_in_flight), "{pools:?}");
    assert!((pools.utilization() - 23.0 / pools.capacity as f64).abs() < 1e-9, "{pools:?}");
    assert_eq!(pools.failed.timeouts, 3);
    cluster.thaw(0)?;
    futures::future::try_join_all(waiting).await?;
    until("all are released", || session.metrics().pools.released == 34).await;
    assert_eq!(session.metrics().pools.idle, 2);
    Ok(())
}

#[tokio::test]
async fn connections_are_counted_with_why_they_ended() -> Outcome {
    let (cluster, session) = one(|_| {}).await?;
    session.resize_pools(session.pool_sizes().with_local(PoolSize::fixed(1)))?;
    until("one is closed", || session.metrics().pools.closed.surplus == 1).await;
    cluster.stop(0).await?;
    let is_lost = || {
        let closed = session.metrics().pools.closed;
        closed.by_peer + closed.io == 1
    };
    until("the other one is lost", is_lost).await;
    until("it cannot be replaced", || session.metrics().pools.connect_failures > 0).await;
    cluster.restart(0).await?;
    until("it is replaced", || session.metrics().pools.created == 3).await;
    let node = session.metrics().nodes.remove(0);
    assert_eq!((node.pool.open, node.pool.closed.total()), (1, 2));
    Ok(())
}

#[tokio::test]
async fn failures_are_counted_by_kind() -> Outcome {
    use helenus::ErrorKind::{Overloaded, ServerError};
    let (cluster, session) = one(|_| {}).await?;
    let select = session.prepare("SELECT key FROM system.local").await?;
    for kind in [Overloaded, Overloaded, ServerError] {
        let _failing = cluster.inject(Fault::error(kind).matching("system.local"));
        assert!(session.execute(&select, ()).await.is_err());
    }
    assert!(session.query("SELECT nonsense", ()).await.is_err());
    let failed = session.metrics().pools.failed;
    assert_eq!((failed.overloaded, failed.server_error, failed.refused), (2, 1, 1));
    assert_eq!(failed.total(), 4);
    Ok(())
}

#[tokio::test]
async fn who_finds_no_room_is_counted_told_of_once_and_timed() -> Outcome {
    let (cluster, session) = one(|pool| pool.sizes.max_requests_per_connection = 1).await?;
    let mut events = session.events();
    let select = session.prepare("SELECT key FROM system.local").await?;
    let slow = Duration::from_millis(20);
    let _slow = cluster.inject(Fault::delay(slow).matching("system.local"));
    futures::future::try_join_all((0..6).map(|_| session.execute(&select, ()))).await?;
    let metrics = session.metrics();
    assert_eq!(metrics.pools.misses, 4);
    assert_eq!(metrics.acquire_times.count(), 4);
    assert!(metrics.acquire_times.max() >= Some(slow), "{:?}", metrics.acquire_times);
    session.shutdown(Duration::from_secs(5)).await;
    let mut told = 0;
    while let Some(event) = events.next().await {
        told += u32::from(matches!(event, SessionEvent::Saturated { .. }));
    }
    assert_eq!(told, 1);
    Ok(())
}

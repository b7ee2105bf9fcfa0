use std::sync::Arc;

use helenus::policies::ConstantReconnection;
use helenus::{PoolConfig, PoolSize, PreparedStatement, Session, SessionEvent};
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{SECOND, clients, connections, insert, pool};
use crate::behaviours::Outcome;
use crate::builder;

/// From 1 to 8 connections, each of which takes 10 requests well.
fn adaptive() -> PoolConfig {
    pool(1, |pool| {
        pool.sizes.local = PoolSize::adaptive(1, 8);
        pool.scaling.requests_per_connection = 10;
    })
}

/// Tasks that write without pause, as many as are wanted at the moment.
struct Load {
    wanted: watch::Sender<usize>,
    tasks: JoinSet<()>,
}

impl Load {
    const MOST: usize = 200;

    fn start(session: &Session, insert: &PreparedStatement) -> Self {
        let wanted = watch::Sender::new(0);
        let mut tasks = JoinSet::new();
        for task in 0..Self::MOST {
            let (session, insert) = (session.clone(), insert.clone());
            let mut wanted = wanted.subscribe();
            tasks.spawn(async move {
                while wanted.wait_for(|wanted| task < *wanted).await.is_ok() {
                    session.execute(&insert, (0,)).await.unwrap();
                }
            });
        }
        Self { wanted, tasks }
    }

    fn set(&self, tasks: usize) {
        self.wanted.send_replace(tasks);
    }
}

/// The sizes that the pool has in so many seconds, each once for as long as it stays.
async fn sizes(session: &Session, cluster: &EmbeddedCluster, seconds: u32) -> Vec<usize> {
    let mut sizes = Vec::new();
    for _ in 0..seconds {
        tokio::time::sleep(SECOND).await;
        sizes.extend(connections(session, cluster));
    }
    sizes.dedup();
    sizes
}

#[tokio::test(start_paused = true)]
async fn a_burst_grows_a_pool_calm_shrinks_it_and_nothing_makes_it_flap() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).pool(adaptive()).build().await?;
    let mut events = session.events();
    let insert = insert(&session).await?;
    let _busy = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    let load = Load::start(&session, &insert);
    for (tasks, seconds, expected) in [
        (4, 100, &[1][..]),
        (45, 100, &[1, 3, 5, 7][..]),
        (200, 30, &[7, 8]),
        (30, 100, &[8]),
        // Calm gives up one connection after each cool-down of 30 s.
        (2, 300, &[8, 7, 6, 5, 4, 3, 2, 1]),
        // Half of what one connection takes well, and more: neither is a reason.
        (5, 100, &[1]),
        (7, 100, &[1]),
    ] {
        load.set(tasks);
        assert_eq!(sizes(&session, &cluster, seconds).await, expected, "{tasks} tasks");
    }
    assert_eq!(clients(&cluster).len(), 1);
    assert_eq!(load.tasks.len(), Load::MOST, "no request has failed");
    session.shutdown(SECOND).await;
    let mut told = Vec::new();
    while let Some(event) = events.next().await {
        if let SessionEvent::Scaled { node, from, to } = event {
            assert_eq!(node, cluster.addresses()[0]);
            told.push((from, to));
        }
    }
    let up = [(1, 3), (3, 5), (5, 7), (7, 8)];
    let down = [(8, 7), (7, 6), (6, 5), (5, 4), (4, 3), (3, 2), (2, 1)];
    assert_eq!(told, [&up[..], &down[..]].concat());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_away_is_not_scaled_and_comes_back_at_the_size_it_had() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster)
        .reconnection(Arc::new(ConstantReconnection(SECOND)))
        .pool(adaptive())
        .build()
        .await?;
    let insert = insert(&session).await?;
    let busy = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    let load = Load::start(&session, &insert);
    load.set(25);
    assert_eq!(sizes(&session, &cluster, 120).await.last(), Some(&5));
    load.set(0);
    tokio::time::sleep(SECOND).await;
    drop(busy);
    cluster.stop(0).await?;
    assert_eq!(sizes(&session, &cluster, 600).await, [0]);
    cluster.restart(0).await?;
    assert_eq!(sizes(&session, &cluster, 5).await, [5]);
    assert_eq!(sizes(&session, &cluster, 300).await, [5, 4, 3, 2, 1]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_above_the_core_and_idle_goes_one_by_one() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let mut config = adaptive();
    config.scaling.cool_down = SECOND * 3600;
    config.max_idle = Some(SECOND * 60);
    let session = builder(&cluster).pool(config).build().await?;
    let insert = insert(&session).await?;
    let _busy = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    let load = Load::start(&session, &insert);
    load.set(25);
    assert_eq!(sizes(&session, &cluster, 120).await, [1, 3, 5]);
    load.set(0);
    let sizes = sizes(&session, &cluster, 300).await;
    assert_eq!(sizes.last(), Some(&1), "the core stays: {sizes:?}");
    Ok(())
}

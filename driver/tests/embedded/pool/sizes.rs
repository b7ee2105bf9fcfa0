use std::sync::Arc;
use std::time::Duration;

use helenus::policies::DcAware;
use helenus::{Consistency, PoolSize, RequestErrorKind};
use helenus_testkit::{EmbeddedCluster, Fault};

use super::{SECOND, all, clients, connections, insert, pool, writes};
use crate::behaviours::Outcome;
use crate::{builder, soon, until};

#[tokio::test(start_paused = true)]
async fn pools_are_sized_by_distance_and_resized_at_run_time() -> Outcome {
    let cluster =
        EmbeddedCluster::builder().datacenter("east", 2).datacenter("west", 1).start().await?;
    let config = pool(3, |pool| pool.sizes.remote = PoolSize::fixed(2));
    let policy = DcAware::new("east").with_remote_hosts(1);
    let session = builder(&cluster)
        .local_datacenter("east")
        .load_balancing(Arc::new(policy))
        .pool(config)
        .build()
        .await?;
    assert_eq!(connections(&session, &cluster), [3, 3, 2]);
    for (local, remote) in [(5, 0), (1, 3), (2, 1)] {
        let sizes = session.pool_sizes().with_local(PoolSize::fixed(local));
        session.resize_pools(sizes.with_remote(PoolSize::fixed(remote)))?;
        until("the pools have the new sizes", || {
            connections(&session, &cluster) == [local, local, remote]
        })
        .await;
        let in_all = 2 * local + remote;
        until("the others are closed", || clients(&cluster).len() == in_all).await;
    }
    let before = session.pool_sizes();
    let error = session.resize_pools(before.with_local(PoolSize::fixed(0))).unwrap_err();
    assert_eq!((error.setting, session.pool_sizes()), ("local.core", before));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn requests_are_spread_over_the_connections_of_a_node() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).pool(pool(4, |_| {})).build().await?;
    let insert = insert(&session).await?;
    let _slow = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    all(writes(&session, &insert, 400)).await?;
    for client in clients(&cluster) {
        let share = cluster.requests().over(client.id).executing("INSERT").count();
        // Two random choices leave little to chance.
        assert!((90..=110).contains(&share), "{share} of 400");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_full_leaves_requests_to_the_next() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let config = pool(1, |pool| pool.sizes.max_requests_per_connection = 2);
    let session = builder(&cluster).consistency(Consistency::One).pool(config).build().await?;
    let insert = insert(&session).await?;
    let _slow = cluster.inject(Fault::delay(SECOND / 10).matching("INSERT"));
    all(writes(&session, &insert, 4)).await?;
    for node in cluster.nodes() {
        cluster.requests().on(&node).executing("INSERT").assert_count(2);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_requests_of_a_connection_are_limited_at_run_time() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster)
        .pool(pool(1, |pool| pool.acquire_timeout = Duration::ZERO))
        .build()
        .await?;
    let insert = insert(&session).await?;
    let most_at_once = async |limit: usize| {
        let sizes = session.pool_sizes().with_max_requests_per_connection(limit);
        session.resize_pools(sizes).unwrap();
        // The pool's task takes it from there.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let slow = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
        let writes = writes(&session, &insert, 20);
        until("some are in flight", || session.metrics().nodes[0].in_flight > 0).await;
        let in_flight = session.metrics().nodes[0].in_flight;
        drop(slow);
        for write in writes {
            if let Err(error) = write.await.unwrap() {
                let error = error.downcast_ref::<helenus::RequestError>().unwrap();
                assert!(matches!(error.kind(), RequestErrorKind::PoolExhausted(_)), "{error}");
            }
        }
        in_flight
    };
    for limit in [7, 20, 1] {
        assert_eq!(most_at_once(limit).await, limit);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_opens_in_part_serves_and_gets_the_rest_later() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    // One of them is the control connection.
    let limit = cluster.inject(Fault::connection_limit(3));
    let session = builder(&cluster).reconnection(soon()).pool(pool(4, |_| {})).build().await?;
    let insert = insert(&session).await?;
    all(writes(&session, &insert, 10)).await?;
    assert_eq!(connections(&session, &cluster), [2]);
    drop(limit);
    until("the pool is whole", || connections(&session, &cluster) == [4]).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn sizes_that_change_while_a_node_is_away_are_those_it_comes_back_to() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).reconnection(soon()).pool(pool(3, |_| {})).build().await?;
    for size in [5, 2] {
        cluster.stop(1).await?;
        until("the node is away", || connections(&session, &cluster)[1] == 0).await;
        let sizes = session.pool_sizes();
        session.resize_pools(sizes.with_local(PoolSize::fixed(size + 4)))?;
        until("the other has grown", || connections(&session, &cluster)[0] == size + 4).await;
        session.resize_pools(sizes.with_local(PoolSize::fixed(size)))?;
        until("the other has shrunk", || connections(&session, &cluster)[0] == size).await;
        cluster.restart(1).await?;
        until("both have the new size", || connections(&session, &cluster) == [size, size]).await;
        until("and no other connection is left", || clients(&cluster).len() == 2 * size).await;
    }
    Ok(())
}

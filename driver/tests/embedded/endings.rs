use std::time::Duration;

use futures::FutureExt;
use helenus::{PoolConfig, RequestErrorKind};
use helenus_testkit::EmbeddedCluster;

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, until};

#[tokio::test]
async fn a_dropped_request_leaves_nothing_behind() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).pool(PoolConfig::fixed(1)).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v int)", ()).await?;
    let select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;
    for _ in 0..200 {
        assert!(session.execute(&select, (1,)).now_or_never().is_none());
        session.execute(&select, (2,)).await?;
    }
    until("no stream is taken", || {
        let node = &session.metrics().nodes[0];
        node.in_flight == 0 && node.orphans == 0
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn shutdown_lets_requests_finish_refuses_new_ones_and_leaves_nothing() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    for node in 0..2 {
        cluster.freeze(node)?;
    }
    let under_way: Vec<_> = (0..50)
        .map(|k| {
            let (session, insert) = (session.clone(), insert.clone());
            tokio::spawn(async move { session.execute(&insert, (k,)).await })
        })
        .collect();
    let in_flight = || session.metrics().nodes.iter().map(|node| node.in_flight).sum::<usize>();
    until("all requests are in flight", || in_flight() == 50).await;
    let shutdown = tokio::spawn({
        let session = session.clone();
        async move { session.shutdown(Duration::from_secs(10)).await }
    });
    let refused = loop {
        let attempt = session.execute(&insert, (0,));
        match tokio::time::timeout(Duration::from_millis(5), attempt).await {
            Ok(result) => break result.unwrap_err(),
            Err(_) => tokio::task::yield_now().await,
        }
    };
    assert!(matches!(refused.kind(), RequestErrorKind::ShutDown), "{refused}");
    for node in 0..2 {
        cluster.thaw(node)?;
    }
    for request in under_way {
        request.await??;
    }
    shutdown.await?;
    session.shutdown(Duration::from_secs(1)).await;
    until("the cluster sees no connection", || {
        cluster.nodes().iter().all(|node| node.connections() == 0)
    })
    .await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_page_that_nobody_takes_holds_up_no_shutdown() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).build().await?;
    let select = session.prepare("SELECT keyspace_name FROM system_schema.keyspaces").await?;
    let mut pages = session.pages(&select.with_page_size(1), ())?;
    assert!(pages.next_page().await?.is_some());
    until("the next page is there", || session.metrics().nodes[0].in_flight == 0).await;
    let asked = tokio::time::Instant::now();
    session.shutdown(Duration::from_secs(60)).await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(pages.next_page().await?.is_some(), "it came before the end");
    let error = pages.next_page().await.unwrap_err();
    assert!(matches!(error.kind(), RequestErrorKind::ShutDown), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_shutdown_waits_no_longer_than_it_was_told() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).build().await?;
    cluster.freeze(0)?;
    let stuck = tokio::spawn({
        let session = session.clone();
        async move { session.query("SELECT key FROM system.local", ()).await }
    });
    until("the request is in flight", || session.metrics().nodes[0].in_flight == 1).await;
    session.shutdown(Duration::from_millis(20)).await;
    assert!(stuck.await?.is_err());
    Ok(())
}

#[tokio::test]
async fn a_dropped_session_takes_its_connections_with_it() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..20 {
        let session = builder(&cluster).build().await?;
        session.query("SELECT key FROM system.local", ()).await?;
    }
    until("the cluster sees no connection", || {
        cluster.nodes().iter().all(|node| node.connections() == 0)
    })
    .await;
    until("no task is left", || tasks() <= before).await;
    Ok(())
}

#[tokio::test]
async fn a_hundred_sessions_one_after_another_leave_nothing() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..100 {
        let session = builder(&cluster).build().await?;
        session.query("SELECT key FROM system.local", ()).await?;
        session.shutdown(Duration::from_secs(5)).await;
        session.shutdown(Duration::from_secs(5)).await;
    }
    until("no connection is left", || cluster.connections().is_empty()).await;
    until("no task is left", || tasks() <= before).await;
    Ok(())
}

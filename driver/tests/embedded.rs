//! A session on an embedded cluster.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod behaviours;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use behaviours::in_flight::Only;
use behaviours::{Outcome, keyspace};
use futures::FutureExt;
use helenus::{
    BuildError, Compression, Consistency, ErrorKind, ProtocolVersion, RequestErrorKind, Session,
    SessionBuilder, Statement,
};
use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Fault, Node};

fn builder(cluster: &EmbeddedCluster) -> SessionBuilder {
    Session::builder().contact_points(cluster.contact_points())
}

/// Waits until something is so; a test that waits in vain fails.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waited = Instant::now();
    while !is_so() {
        assert!(waited.elapsed() < Duration::from_secs(20), "it never came about that {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Runs a behaviour in a keyspace of its own.
macro_rules! behaviours {
    ($($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() -> Outcome {
            let cluster = EmbeddedCluster::start(3).await?;
            let session = builder(&cluster).build().await?;
            keyspace(&session, "ks", 2).await?;
            behaviours::$name(&session, "ks").await?;
            session.shutdown(Duration::from_secs(5)).await;
            Ok(())
        })*
    };
}

behaviours! {
    batches_are_written_whole
    errors_say_what_where_and_why
    pages_hold_every_row_once
    rows_stream_across_pages
    simple_statements_take_values
    statements_are_prepared_once
    values_of_every_native_type_come_back
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stream_gets_its_own_answer() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "ks", 2).await?;
    let node = cluster.nodes()[1].address();
    behaviours::every_stream_gets_its_own_answer(
        builder(&cluster),
        "ks",
        node,
        || cluster.freeze(1).unwrap(),
        || cluster.thaw(1).unwrap(),
    )
    .await
}

#[tokio::test]
async fn requests_go_to_replicas_of_their_data_center() -> Outcome {
    let cluster =
        EmbeddedCluster::builder().datacenter("east", 3).datacenter("west", 2).start().await?;
    let session = builder(&cluster).local_datacenter("east").build().await?;
    session
        .query(
            "CREATE KEYSPACE ks WITH replication = \
             {'class': 'NetworkTopologyStrategy', 'east': 2, 'west': 1}",
            (),
        )
        .await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    let mut by_node = std::collections::HashMap::<SocketAddr, u32>::new();
    for k in 0..300 {
        let replicas = session.replicas("ks", insert.token((k,))?.unwrap());
        assert_eq!(replicas.len(), 3);
        let coordinator = session.execute(&insert, (k,)).await?.coordinator();
        assert!(replicas.contains(&coordinator));
        *by_node.entry(coordinator).or_default() += 1;
    }
    let east: Vec<_> = cluster.nodes().iter().take(3).map(Node::address).collect();
    assert!(by_node.keys().all(|node| east.contains(node)), "{by_node:?}");
    assert_eq!(by_node.len(), 3, "{by_node:?}");
    Ok(())
}

#[tokio::test]
async fn compressed_connections_carry_everything() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).compression(Compression::Lz4).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v text)", ()).await?;
    let long = "all work and no play ".repeat(5000);
    session.query("INSERT INTO ks.t (k, v) VALUES (?, ?)", (1, long.as_str())).await?;
    let result = session.query("SELECT v FROM ks.t WHERE k = ?", (1,)).await?;
    assert_eq!(result.one_row::<(&str,)>()?.0, long);
    Ok(())
}

#[tokio::test]
async fn a_login_is_accepted_or_refused_with_what_to_do() -> Outcome {
    let cluster = EmbeddedCluster::builder().authentication("ann", "s3cret").start().await?;
    let session = builder(&cluster).credentials("ann", "s3cret").build().await?;
    session.query("SELECT key FROM system.local", ()).await?;

    for builder in [builder(&cluster), builder(&cluster).credentials("ann", "guess")] {
        assert!(!format!("{builder:?}").contains("guess"));
        let error = builder.build().await.unwrap_err();
        assert!(matches!(error, BuildError::Authentication { .. }), "{error}");
        assert!(error.to_string().contains("Check the user name"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_cannot_be_built_says_why() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let error = builder(&cluster).local_datacenter("DC1").build().await.unwrap_err();
    assert!(error.to_string().contains("datacenter1"), "{error}");

    let error = Session::builder().build().await.unwrap_err();
    assert!(matches!(error, BuildError::NoContactPoints), "{error}");

    let error = builder(&cluster).page_size(0).build().await.unwrap_err();
    assert!(matches!(error, BuildError::Setting { setting: "page_size", .. }), "{error}");

    let error = builder(&cluster).keyspace("nowhere").build().await.unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");

    // A port that is bound and never accepted on: it takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let started = Instant::now();
    let error = Session::builder()
        .contact_point(silent.local_addr()?)
        .connect_timeout(Duration::from_millis(50))
        .build()
        .await
        .unwrap_err();
    assert!(matches!(error, BuildError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("within 50 ms"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn one_contact_point_that_answers_is_enough() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    cluster.stop(0).await?;
    let session = builder(&cluster).contact_point("no-such-host.invalid").build().await?;
    session.query("SELECT key FROM system.local", ()).await?;
    Ok(())
}

#[tokio::test]
async fn a_default_keyspace_is_used_on_every_connection() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "\"Mixed\"", 1).await?;
    session.query("CREATE TABLE \"Mixed\".t (k int PRIMARY KEY)", ()).await?;
    let session = builder(&cluster).keyspace("Mixed").build().await?;
    for k in 0..20 {
        session.query("INSERT INTO t (k) VALUES (?)", (k,)).await?;
        session.query(format!("SELECT k FROM t WHERE k = {k}"), ()).await?.one_row::<(i32,)>()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_node_that_forgot_a_statement_learns_it_again() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).reconnection(soon()).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    session.execute(&insert, (1,)).await?;
    cluster.stop(0).await?;
    until("the node is down", || !session.metrics().nodes[0].is_up).await;
    let error = session.execute(&insert, (2,)).await.unwrap_err();
    assert!(matches!(error.kind(), RequestErrorKind::NoNode), "{error}");
    cluster.restart(0).await?;
    until("the node is up", || session.metrics().nodes[0].is_up).await;
    session.execute(&insert, (2,)).await?;
    assert_eq!(session.metrics().reprepared, 1);

    let mut batch = helenus::Batch::new(helenus::BatchKind::Logged);
    batch.push(&insert, (3,))?;
    cluster.stop(0).await?;
    until("the node is down", || !session.metrics().nodes[0].is_up).await;
    cluster.restart(0).await?;
    until("the node is up", || session.metrics().nodes[0].is_up).await;
    session.batch(&batch).await?;
    assert_eq!(session.metrics().reprepared, 2);
    Ok(())
}

fn soon() -> Arc<helenus::policies::ConstantReconnection> {
    Arc::new(helenus::policies::ConstantReconnection(Duration::from_millis(10)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_lost_under_load_fails_no_idempotent_request() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session =
        builder(&cluster).consistency(Consistency::One).reconnection(soon()).build().await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
    let (is_over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let writers: Vec<_> = (0..32)
        .map(|writer| {
            let (session, insert) = (session.clone(), insert.clone());
            let (is_over, written) = (Arc::clone(&is_over), Arc::clone(&written));
            tokio::spawn(async move {
                for k in (writer..).step_by(32) {
                    if is_over.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    session.execute(&insert, (k,)).await?;
                    written.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, helenus::RequestError>(())
            })
        })
        .collect();
    let load = |more: u32| {
        let (written, target) = (Arc::clone(&written), written.load(Ordering::Relaxed) + more);
        async move { until("requests go on", || written.load(Ordering::Relaxed) >= target).await }
    };
    for node in 0..3 {
        load(500).await;
        cluster.stop(node).await?;
        load(500).await;
        cluster.restart(node).await?;
        until("all nodes are up", || session.metrics().nodes.iter().all(|node| node.is_up)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await??;
    }
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_not_idempotent_is_not_run_twice() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).consistency(Consistency::One).build().await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    for node in 0..2 {
        cluster.freeze(node)?;
    }
    let requests: Vec<_> = (0..8)
        .map(|k| {
            let (session, insert) = (session.clone(), insert.clone());
            tokio::spawn(async move { session.execute(&insert, (k,)).await })
        })
        .collect();
    let in_flight = || session.metrics().nodes.iter().map(|node| node.in_flight).sum::<usize>();
    until("all requests are in flight", || in_flight() == 8).await;
    cluster.stop(0).await?;
    cluster.stop(1).await?;
    for request in requests {
        let error = request.await?.unwrap_err();
        assert!(error.to_string().contains("the connection was lost"), "{error}");
        assert!(error.attempts().is_empty(), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_times_out_and_its_late_answer_reaches_nobody() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).local_connections(1).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v int)", ()).await?;
    for k in 0..50 {
        session.query("INSERT INTO ks.t (k, v) VALUES (?, ?)", (k, k * 10)).await?;
    }
    let select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;
    cluster.freeze(0)?;
    let hasty = select.clone().with_timeout(Duration::from_millis(30));
    let slow: Vec<_> = (0..20)
        .map(|k| {
            let (session, hasty) = (session.clone(), hasty.clone());
            tokio::spawn(async move { session.execute(&hasty, (k,)).await })
        })
        .collect();
    for request in slow {
        let error = request.await?.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
    assert_eq!(session.metrics().timeouts, 20);
    assert_eq!(session.metrics().nodes[0].orphans, 20);
    cluster.thaw(0)?;
    for k in 20..50 {
        let result = session.execute(&select, (k,)).await?;
        assert_eq!(result.one_row::<(i32,)>()?, (k * 10,));
    }
    until("the late answers freed their streams", || session.metrics().nodes[0].orphans == 0).await;
    Ok(())
}

#[tokio::test]
async fn a_dropped_request_leaves_nothing_behind() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).local_connections(1).build().await?;
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
async fn the_control_connection_moves_when_its_node_dies() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let first = cluster.contact_points().remove(0);
    let session = Session::builder().contact_point(first).reconnection(soon()).build().await?;
    cluster.stop(0).await?;
    until("the node is down", || {
        session.metrics().nodes.iter().filter(|node| node.is_up).count() == 2
    })
    .await;
    // A new keyspace is routed by its replicas only once the control connection has told of it.
    keyspace(&session, "ks", 2).await?;
    until("the new keyspace is known", || session.replicas("ks", helenus::Token(1)).len() == 2)
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
async fn an_idle_connection_is_checked_and_closed_when_nothing_comes_back() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let node = cluster.nodes()[1].address();
    let session = builder(&cluster)
        .load_balancing(Arc::new(Only(node)))
        .connection(|connection| {
            connection.heartbeat_interval = Duration::from_millis(30);
            connection.heartbeat_timeout = Duration::from_millis(200);
        })
        .build()
        .await?;
    let is_up = || session.metrics().nodes.iter().any(|node| node.is_up);
    cluster.freeze(1)?;
    until("the frozen node is down", || !is_up()).await;
    cluster.thaw(1)?;
    until("the node is up again", is_up).await;
    Ok(())
}

#[tokio::test]
async fn a_node_that_does_not_know_v5_is_spoken_to_in_v4() -> Outcome {
    let old = EmbeddedCluster::builder().max_protocol_version(ProtocolVersion::V4).start().await?;
    let new = EmbeddedCluster::start(1).await?;
    for cluster in [&old, &new] {
        for compression in [None, Some(Compression::Lz4)] {
            let session =
                compression.into_iter().fold(builder(cluster), SessionBuilder::compression);
            let session = session.build().await?;
            keyspace(&session, "ks", 1).await?;
            session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v text)", ()).await?;
            // Longer than a segment.
            let long = "all work and no play ".repeat(10_000);
            session.query("INSERT INTO ks.t (k, v) VALUES (?, ?)", (1, long.as_str())).await?;
            let result = session.query("SELECT v FROM ks.t WHERE k = ?", (1,)).await?;
            assert_eq!(result.one_row::<(&str,)>()?.0, long);
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_costs_its_connection_only() -> Outcome {
    let spoilt: [fn() -> Fault; 5] = [
        Fault::wrong_stream,
        Fault::oversized_length,
        Fault::wrong_checksum,
        || Fault::garbage(64),
        Fault::close_mid_frame,
    ];
    for fault in spoilt {
        let cluster = EmbeddedCluster::start(2).await?;
        let session = builder(&cluster).reconnection(soon()).build().await?;
        keyspace(&session, "ks", 2).await?;
        session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
        let insert =
            session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
        let injected = cluster.nodes()[0].inject(fault().to(Opcode::Execute).times(1));
        for k in 0..40 {
            session.execute(&insert, (k,)).await?;
        }
        assert_eq!(injected.strikes(), 1);
        assert_eq!(session.metrics().retries, 1);
        until("both pools are whole", || {
            session.metrics().nodes.iter().all(|node| node.connections == 2)
        })
        .await;
    }
    Ok(())
}

#[tokio::test]
async fn a_coordinator_in_trouble_passes_idempotent_requests_on() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    for kind in [ErrorKind::Overloaded, ErrorKind::ServerError, ErrorKind::IsBootstrapping] {
        let is_not_run = kind == ErrorKind::IsBootstrapping;
        let _fault = cluster.nodes()[0].inject(Fault::error(kind.clone()).to(Opcode::Execute));
        let idempotent = insert.clone().with_idempotence(true);
        for k in 0..10 {
            session.execute(&idempotent, (k,)).await?;
        }
        let mut refused = Vec::new();
        for k in 0..10 {
            refused.extend(session.execute(&insert, (k,)).await.err());
        }
        // A node that starts has run nothing, so that even these may go elsewhere.
        assert_eq!(refused.is_empty(), is_not_run, "{kind:?}");
        assert!(refused.iter().all(|error| error.server_error().is_some_and(|e| e.kind == kind)));
    }
    Ok(())
}

#[tokio::test]
async fn an_error_tells_of_every_attempt_before_it() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster).build().await?;
    let _fault = cluster.inject(Fault::error(ErrorKind::Overloaded).matching("system.local"));
    let statement = Statement::new("SELECT key FROM system.local").with_idempotence(true);
    let error = session.query(statement, ()).await.unwrap_err();
    let tried: std::collections::HashSet<_> =
        error.attempts().iter().map(|attempt| attempt.node).collect();
    assert_eq!(tried.len(), 3, "{error}");
    assert!(cluster.addresses().iter().all(|node| error.to_string().contains(&node.to_string())));
    Ok(())
}

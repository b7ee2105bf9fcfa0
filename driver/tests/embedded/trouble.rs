use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use helenus::{
    AttemptError, Consistency, ErrorKind, PoolConfig, RequestErrorKind, Session, Statement,
};
use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Fault};

use crate::behaviours::in_flight::Only;
use crate::behaviours::{self, Outcome, keyspace};
use crate::{builder, in_turn, soon, until};

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
    let session = builder(&cluster).pool(PoolConfig::fixed(1)).build().await?;
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
        let session =
            builder(&cluster).load_balancing(in_turn()).reconnection(soon()).build().await?;
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
    let session = builder(&cluster).load_balancing(in_turn()).build().await?;
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

#[tokio::test]
async fn an_attempt_without_an_answer_is_followed_by_another_where_that_does_no_harm() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let limit = Duration::from_millis(50);
    let session =
        builder(&cluster).load_balancing(in_turn()).attempt_timeout(limit).build().await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    let insert = insert.with_consistency(Consistency::One);
    for k in 0..4 {
        session.execute(&insert, (k,)).await?;
    }
    let _silent = cluster.nodes()[0].inject(Fault::drop_answers().matching("INSERT"));
    let safe = insert.clone().with_idempotence(true);
    for k in 0..10 {
        assert_ne!(session.execute(&safe, (k,)).await?.coordinator(), cluster.nodes()[0].address());
    }
    assert!(session.metrics().retries > 0 && session.metrics().timeouts == 0);

    let mut errors = Vec::new();
    for k in 0..10 {
        errors.extend(session.execute(&insert, (k,)).await.err());
    }
    assert!(!errors.is_empty());
    for error in errors {
        let RequestErrorKind::Failed { node, error: AttemptError::NoAnswer { after } } =
            error.kind()
        else {
            panic!("{error}")
        };
        assert_eq!((*node, *after), (cluster.nodes()[0].address(), limit));
    }
    Ok(())
}

#[tokio::test]
async fn idempotence_is_inferred_where_that_is_asked_for() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    for infers in [false, true] {
        let session = builder(&cluster).infer_idempotence(infers).build().await?;
        let ks = format!("ks_{infers}");
        keyspace(&session, &ks, 2).await?;
        session.query(format!("CREATE TABLE {ks}.t (k int PRIMARY KEY, v int)"), ()).await?;
        session.query(format!("CREATE TABLE {ks}.c (k int PRIMARY KEY, n counter)"), ()).await?;
        let update = session.prepare(format!("UPDATE {ks}.t SET v = ? WHERE k = 0")).await?;
        let count = session.prepare(format!("UPDATE {ks}.c SET n = n + ? WHERE k = 0")).await?;
        let overload =
            || cluster.inject(Fault::error(ErrorKind::Overloaded).matching("UPDATE").times(1));
        let once = overload();
        assert_eq!(session.execute(&update, (1,)).await.is_ok(), infers);
        drop(once);
        let _once = overload();
        assert!(session.execute(&count, (helenus::Counter(1),)).await.is_err());
    }
    Ok(())
}

#[tokio::test]
async fn conditional_statements_all_go_to_the_first_replica() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = builder(&cluster).build().await?;
    keyspace(&session, "ks", 3).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v int)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, 0) IF NOT EXISTS").await?;
    let select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;
    for k in 0..20 {
        let token = insert.token((k,))?.ok_or("a whole key")?;
        let first = session.replicas("ks", token)[0];
        for _ in 0..3 {
            assert_eq!(session.execute(&insert, (k,)).await?.coordinator(), first);
        }
    }
    let mut coordinators = std::collections::BTreeSet::new();
    for _ in 0..30 {
        coordinators.insert(session.execute(&select, (0,)).await?.coordinator());
    }
    assert!(coordinators.len() > 1, "replicas share reads");
    Ok(())
}

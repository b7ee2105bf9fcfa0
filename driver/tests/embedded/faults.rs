//! What a session makes of nodes and replicas that misbehave.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::{Consistency, ErrorKind, PoolConfig, PreparedStatement, Session, WriteType};
use helenus_protocol::{Event, Opcode, StatusChange};
use helenus_testkit::{EmbeddedCluster, Fault};

use crate::behaviours::in_flight::Only;
use crate::behaviours::{Outcome, keyspace};
use crate::{builder, in_turn, soon, until};

type One = (EmbeddedCluster, Session, PreparedStatement, PreparedStatement);

/// A session on one node, an idempotent insert into `ks.t`, and a select from it.
async fn one() -> Result<One, Box<dyn std::error::Error + Send + Sync>> {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).reconnection(soon()).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
    let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?;
    Ok((cluster, session, insert, select))
}

const DELAY: Duration = Duration::from_millis(20);

#[tokio::test]
async fn delayed_answers_of_every_kind_are_waited_for() -> Outcome {
    let (cluster, session, insert, _) = one().await?;
    for fault in [
        Fault::delay(DELAY),
        Fault::jittered_delay(DELAY..DELAY * 2),
        Fault::delay_percentiles([(50.0, DELAY), (100.0, DELAY * 2)]),
        Fault::service_time(DELAY, 1),
        Fault::delay(DELAY).as_replica(),
    ] {
        let slow = cluster.inject(fault.matching("INSERT"));
        let asked = Instant::now();
        session.execute(&insert, (1,)).await?;
        assert!(asked.elapsed() >= DELAY);
        assert_eq!(slow.strikes(), 1);
    }
    let _busy = cluster.inject(Fault::service_time(DELAY, 2).matching("INSERT"));
    let asked = Instant::now();
    let requests: Vec<_> = (0..6)
        .map(|k| {
            let (session, insert) = (session.clone(), insert.clone());
            tokio::spawn(async move { session.execute(&insert, (k,)).await })
        })
        .collect();
    for request in requests {
        request.await??;
    }
    assert!(asked.elapsed() >= DELAY * 3);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_never_comes_or_comes_too_late_is_a_timeout() -> Outcome {
    let (cluster, session, insert, select) = one().await?;
    let hasty = insert.clone().with_timeout(Duration::from_millis(30));
    for fault in [Fault::drop_answers(), Fault::delay(Duration::from_millis(400))] {
        let before = session.metrics().timeouts;
        let late = cluster.inject(fault.to(Opcode::Execute).times(1));
        let error = session.execute(&hasty, (1,)).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert_eq!((late.strikes(), session.metrics().timeouts), (1, before + 1));
        // It was run, and what comes late reaches nobody else.
        for _ in 0..20 {
            let result = session.execute(&select, (1,)).await?;
            assert_eq!(result.one_row::<(i32,)>()?, (1,));
        }
    }
    until("the late answer freed its stream", || session.metrics().nodes[0].orphans == 1).await;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_ends_costs_an_idempotent_request_nothing() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).load_balancing(in_turn()).reconnection(soon()).build().await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
    for fault in
        [Fault::close(), Fault::reset(), Fault::close_mid_frame(), Fault::wrong_header_checksum()]
    {
        let before = session.metrics().retries;
        let ending = cluster.nodes()[1].inject(fault.to(Opcode::Execute).times(1));
        for k in 0..20 {
            session.execute(&insert, (k,)).await?;
        }
        assert_eq!((ending.strikes(), session.metrics().retries), (1, before + 1));
        until("both pools are whole", || {
            session.metrics().nodes.iter().all(|node| node.connections == 2)
        })
        .await;
    }
    Ok(())
}

#[tokio::test]
async fn answers_that_come_twice_confuse_nobody() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster).reconnection(soon()).build().await?;
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
    let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?.with_idempotence(true);
    let twice = cluster.nodes()[0].inject(Fault::duplicate_answers().to(Opcode::Execute).times(5));
    for k in 0.. {
        session.execute(&insert, (k,)).await?;
        assert_eq!(session.execute(&select, (k,)).await?.one_row::<(i32,)>()?, (k,));
        if twice.strikes() == 5 {
            break;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_forgotten_statement_is_prepared_again() -> Outcome {
    let (cluster, session, insert, _) = one().await?;
    let before = cluster.requests().preparing("INSERT").count();
    let forgetful = cluster.inject(Fault::unprepared().times(2));
    session.execute(&insert, (1,)).await?;
    assert_eq!((forgetful.strikes(), session.metrics().reprepared), (2, 2));
    cluster.requests().preparing("INSERT").assert_count(before + 2);
    cluster.requests().executing("INSERT").assert_count(3);
    Ok(())
}

#[tokio::test]
async fn errors_come_with_the_numbers_that_the_server_gave() -> Outcome {
    let (cluster, session, insert, _) = one().await?;
    let insert = insert.with_idempotence(false);
    let (consistency, received, required) = (Consistency::Quorum, 1, 2);
    for kind in [
        ErrorKind::ReadTimeout { consistency, received, required, data_present: true },
        ErrorKind::WriteTimeout {
            consistency,
            received,
            required,
            write_type: WriteType::Simple,
            contentions: None,
        },
        ErrorKind::Overloaded,
        ErrorKind::ServerError,
        ErrorKind::TruncateError,
    ] {
        let _fault = cluster.inject(Fault::error(kind.clone()).to(Opcode::Execute));
        let error = session.execute(&insert, (1,)).await.unwrap_err();
        assert_eq!(error.server_error().map(|error| &error.kind), Some(&kind), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn slow_replicas_are_the_coordinators_timeout() -> Outcome {
    let cluster = EmbeddedCluster::builder()
        .datacenter("dc1", 3)
        .read_timeout(DELAY)
        .write_timeout(DELAY)
        .start()
        .await?;
    let session = builder(&cluster).consistency(Consistency::All).build().await?;
    keyspace(&session, "ks", 3).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    let select = session.prepare("SELECT k FROM ks.t WHERE k = ?").await?;
    let slow = cluster.nodes()[1].inject(Fault::delay(DELAY).as_replica());
    let (consistency, received, required) = (Consistency::All, 2, 3);
    let error = session.execute(&insert, (1,)).await.unwrap_err();
    let write_type = WriteType::Simple;
    let late =
        ErrorKind::WriteTimeout { consistency, received, required, write_type, contentions: None };
    assert_eq!(error.server_error().unwrap().kind, late);
    let error = session.execute(&select, (1,)).await.unwrap_err();
    let late =
        |kind: &ErrorKind| matches!(*kind, ErrorKind::ReadTimeout { received: 2, required: 3, .. });
    assert!(late(&error.server_error().unwrap().kind), "{error}");
    drop(slow);
    assert_eq!(session.execute(&select, (1,)).await?.one_row::<(i32,)>()?, (1,));
    Ok(())
}

#[tokio::test]
async fn a_node_that_hangs_at_startup_is_given_up_on() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let hung = cluster.nodes()[0].inject(Fault::hang_startup());
    let session = builder(&cluster)
        .reconnection(soon())
        .connect_timeout(Duration::from_millis(500))
        .build()
        .await?;
    assert!(hung.strikes() > 0);
    let up = || session.metrics().nodes.iter().filter(|node| node.is_up).count();
    assert_eq!(up(), 1);
    session.query("SELECT key FROM system.local", ()).await?;
    drop(hung);
    until("the other node is up", || up() == 2).await;
    Ok(())
}

#[tokio::test]
async fn a_node_that_stops_reading_is_noticed() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let node = cluster.nodes()[1].address();
    let session = builder(&cluster)
        .reconnection(soon())
        .load_balancing(Arc::new(Only(node)))
        .connection(|connection| {
            connection.heartbeat_interval = Duration::from_millis(30);
            connection.heartbeat_timeout = Duration::from_millis(200);
        })
        .build()
        .await?;
    let is_up = || session.metrics().nodes.iter().any(|node| node.is_up);
    let paused = cluster.nodes()[1].inject(Fault::pause_reads());
    until("the node is known to be deaf", || !is_up()).await;
    drop(paused);
    until("it is up again", is_up).await;
    Ok(())
}

#[tokio::test]
async fn a_node_that_takes_few_connections_serves_those_it_has() -> Outcome {
    for limit in [Fault::connection_limit, Fault::refuse_connections_beyond] {
        let cluster = EmbeddedCluster::start(1).await?;
        // One of the two is the control connection.
        let limit = cluster.inject(limit(2));
        let session =
            builder(&cluster).reconnection(soon()).pool(PoolConfig::fixed(4)).build().await?;
        for _ in 0..20 {
            session.query("SELECT key FROM system.local", ()).await?;
        }
        assert_eq!(session.metrics().nodes[0].connections, 1);
        drop(limit);
        until("the pool is whole", || session.metrics().nodes[0].connections == 4).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_storm_of_events_is_one_refresh() -> Outcome {
    let (cluster, session, insert, _) = one().await?;
    let node = cluster.addresses()[0];
    cluster.forget_statements();
    cluster.announce(Event::Status(StatusChange::Up, node), 50_000);
    for k in 0..100 {
        session.execute(&insert, (k,)).await?;
    }
    let refreshes = || cluster.requests().executing("FROM system.peers_v2").count();
    until("the metadata was read", || refreshes() > 0).await;
    assert!(refreshes() < 10, "{}", refreshes());
    Ok(())
}

#[tokio::test]
async fn a_fault_of_the_control_connection_alone_fails_no_request() -> Outcome {
    let (cluster, session, insert, _) = one().await?;
    let control = cluster.connections().into_iter().find(|connection| connection.hears_events);
    let control = control.unwrap().id;
    let ending = cluster.inject(Fault::reset().on_connection(control).times(1));
    cluster.announce(Event::Status(StatusChange::Up, cluster.addresses()[0]), 1);
    until("the control connection is struck", || ending.strikes() == 1).await;
    for k in 0..100 {
        session.execute(&insert, (k,)).await?;
    }
    until("there is another", || {
        cluster.connections().iter().any(|other| other.hears_events && other.id != control)
    })
    .await;
    assert_eq!(session.metrics().retries, 0);
    Ok(())
}

use std::collections::HashSet;
use std::time::Duration;

use helenus::{CloseReason, PoolSize, Session, SessionEvent};
use helenus_protocol::{ErrorKind, Opcode};
use helenus_testkit::{ConnectionId, EmbeddedCluster, Fault};

use super::{Failure, SECOND, clients, connections, pool};
use crate::behaviours::Outcome;
use crate::{builder, in_turn, soon, until};

const KEYSPACES: &str = "
    CREATE KEYSPACE one WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
    CREATE KEYSPACE two WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
    CREATE TABLE one.t (k int PRIMARY KEY, v text);
    CREATE TABLE two.t (k int PRIMARY KEY, v text, more text);
    INSERT INTO one.t (k, v) VALUES (1, 'one');
    INSERT INTO two.t (k, v, more) VALUES (1, 'two', 'more');
";

async fn cluster(nodes: usize) -> Result<EmbeddedCluster, Failure> {
    let cluster = EmbeddedCluster::start(nodes).await?;
    cluster.load(KEYSPACES)?;
    Ok(cluster)
}

fn ids(cluster: &EmbeddedCluster) -> HashSet<ConnectionId> {
    clients(cluster).into_iter().map(|client| client.id).collect()
}

async fn found(session: &Session) -> Result<String, Failure> {
    let result = session.query("SELECT v FROM t WHERE k = 1", ()).await?;
    let (value,) = result.one_row::<(&str,)>()?;
    Ok(value.to_owned())
}

/// Asks until every connection of the pools has been asked; all must be in this keyspace.
async fn all_are_in(session: &Session, cluster: &EmbeddedCluster, keyspace: &str) -> Outcome {
    cluster.forget_statements();
    let asked = |id: &ConnectionId| cluster.requests().over(*id).executing("SELECT v").count() > 0;
    loop {
        assert_eq!(found(session).await?, keyspace);
        if ids(cluster).iter().all(asked) {
            return Ok(());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_keyspace_that_is_switched_is_that_of_old_new_and_opening_connections() -> Outcome {
    let cluster = cluster(2).await?;
    let session = builder(&cluster)
        .keyspace("one")
        .reconnection(soon())
        .pool(pool(2, |_| {}))
        .build()
        .await?;
    all_are_in(&session, &cluster, "one").await?;
    // Those that open are stuck behind their USE of the old keyspace, and finish after the switch.
    let stuck = cluster.inject(Fault::delay(SECOND * 3).matching("USE \"one\""));
    let old = ids(&cluster);
    session.resize_pools(session.pool_sizes().with_local(PoolSize::fixed(4)))?;
    until("others are in the making", || stuck.strikes() == 4).await;
    session.use_keyspace("two").await?;
    assert_eq!(session.keyspace().as_deref(), Some("two"));
    assert_eq!(connections(&session, &cluster), [2, 2], "the others are not there yet");
    all_are_in_of(&session, &cluster, &old, "two").await?;
    until("the others are there", || connections(&session, &cluster) == [4, 4]).await;
    assert!(old.is_subset(&ids(&cluster)));
    all_are_in(&session, &cluster, "two").await?;
    drop(stuck);
    session.resize_pools(session.pool_sizes().with_local(PoolSize::fixed(6)))?;
    until("newer ones are there", || connections(&session, &cluster) == [6, 6]).await;
    all_are_in(&session, &cluster, "two").await?;
    cluster.stop(1).await?;
    until("a node is away", || connections(&session, &cluster)[1] == 0).await;
    cluster.restart(1).await?;
    until("all are there again", || connections(&session, &cluster) == [6, 6]).await;
    all_are_in(&session, &cluster, "two").await
}

/// As [`all_are_in`], of some connections, while no others take requests.
async fn all_are_in_of(
    session: &Session,
    cluster: &EmbeddedCluster,
    of: &HashSet<ConnectionId>,
    keyspace: &str,
) -> Outcome {
    let asked = |id: &ConnectionId| cluster.requests().over(*id).executing("SELECT v").count() > 0;
    cluster.forget_statements();
    while !of.iter().all(asked) {
        assert_eq!(found(session).await?, keyspace);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_fails_loses_nothing() -> Outcome {
    let cluster = cluster(2).await?;
    let session = builder(&cluster).keyspace("one").pool(pool(3, |_| {})).build().await?;
    let before = ids(&cluster);
    let kept = session.prepare("SELECT v FROM t WHERE k = ?").await?;
    let refused = session.use_keyspace("nowhere").await.unwrap_err();
    let error = refused.server_error().map(|error| error.kind.clone());
    assert!(matches!(error, Some(ErrorKind::Invalid)), "{refused}");
    let silent = cluster.inject(Fault::drop_answers().matching("USE"));
    assert!(session.use_keyspace("two").await.unwrap_err().is_timeout());
    drop(silent);
    assert_eq!(session.keyspace().as_deref(), Some("one"));
    all_are_in(&session, &cluster, "one").await?;
    assert_eq!(ids(&cluster), before);
    session.execute(&kept, (1,)).await?;
    cluster.forget_statements();
    session.prepare("SELECT v FROM t WHERE k = ?").await?;
    cluster.requests().of(Opcode::Prepare).assert_none();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn switches_that_cross_end_in_one_keyspace_under_load_too() -> Outcome {
    let cluster = cluster(2).await?;
    let session = builder(&cluster).keyspace("one").pool(pool(3, |_| {})).build().await?;
    let _slow = cluster.inject(Fault::jittered_delay(Duration::ZERO..SECOND).matching("USE"));
    let load = tokio::spawn({
        let session = session.clone();
        async move {
            for _ in 0..2000 {
                let result = session.query("SELECT v FROM one.t WHERE k = 1", ()).await?;
                assert_eq!(result.one_row::<(&str,)>()?, ("one",));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok::<(), Failure>(())
        }
    });
    for _ in 0..5 {
        let switches = ["two", "one", "two", "one"].map(|to| session.use_keyspace(to));
        for switched in futures::future::join_all(switches).await {
            switched?;
        }
        // One of them was the last.
        let keyspace = session.keyspace().unwrap();
        all_are_in(&session, &cluster, &keyspace).await?;
    }
    // Given up half way, it has happened or not, everywhere.
    let dropped = tokio::time::timeout(SECOND / 2, session.use_keyspace("two")).await;
    assert!(dropped.is_err() || session.keyspace().as_deref() == Some("two"));
    tokio::time::sleep(SECOND * 3).await;
    all_are_in(&session, &cluster, &session.keyspace().unwrap()).await?;
    load.await?
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_follow_to_another_keyspace_is_replaced() -> Outcome {
    let cluster = cluster(1).await?;
    let session = builder(&cluster)
        .keyspace("one")
        .reconnection(soon())
        .pool(pool(3, |_| {}))
        .build()
        .await?;
    let mut events = session.events();
    let deaf = clients(&cluster).remove(0).id;
    let _deaf = cluster.inject(Fault::drop_answers().matching("USE").on_connection(deaf));
    session.use_keyspace("two").await?;
    all_are_in_of(&session, &cluster, &(&ids(&cluster) - &HashSet::from([deaf])), "two").await?;
    until("it is replaced", || {
        connections(&session, &cluster) == [3] && !ids(&cluster).contains(&deaf)
    })
    .await;
    all_are_in(&session, &cluster, "two").await?;
    assert_eq!(session.metrics().pools.closed.keyspace, 1);
    let reason = loop {
        if let Some(SessionEvent::Closed { reason, .. }) = events.next().await {
            break reason;
        }
    };
    assert!(matches!(reason, CloseReason::Keyspace), "{reason}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_statement_use_switches_the_whole_session() -> Outcome {
    let cluster = cluster(2).await?;
    let session = builder(&cluster).pool(pool(2, |_| {})).build().await?;
    assert_eq!(session.keyspace(), None);
    for (cql, keyspace) in [("use ONE", "one"), ("/* a word before */ USE two", "two")] {
        session.query(cql, ()).await?;
        all_are_in(&session, &cluster, keyspace).await?;
    }
    session.use_keyspace("One").await.unwrap_err();
    session.shutdown(SECOND).await;
    session.use_keyspace("one").await.unwrap_err();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn statements_stay_in_the_keyspace_that_they_were_prepared_in() -> Outcome {
    const SELECT: &str = "SELECT * FROM t WHERE k = ?";
    let cluster = cluster(2).await?;
    let session = builder(&cluster)
        .keyspace("one")
        .reconnection(soon())
        .load_balancing(in_turn())
        .pool(pool(2, |_| {}))
        .build()
        .await?;
    let in_one = session.prepare(SELECT).await?;
    session.use_keyspace("two").await?;
    let in_two = session.prepare(SELECT).await?;
    assert_eq!((in_one.keyspace(), in_two.keyspace()), (Some("one"), Some("two")));
    for is_forgotten in [false, true] {
        if is_forgotten {
            cluster.stop(1).await?;
            until("it is away", || connections(&session, &cluster)[1] == 0).await;
            cluster.restart(1).await?;
            until("it is back", || connections(&session, &cluster) == [2, 2]).await;
        }
        for _ in 0..10 {
            let result = session.execute(&in_one, (1,)).await?;
            assert_eq!(result.one_row::<(i32, &str)>()?, (1, "one"));
            let result = session.execute(&in_two, (1,)).await?;
            assert_eq!(result.one_row::<(i32, &str, &str)>()?, (1, "more", "two"));
        }
    }
    Ok(())
}

use std::sync::Arc;
use std::time::Duration;

use helenus::policies::ConstantReconnection;
use helenus::{Consistency, PoolConfig};
use helenus_protocol::{Event, Opcode, StatusChange};
use helenus_testkit::{EmbeddedCluster, Fault};

use super::{SECOND, all, clients, connections, insert, pool, writes};
use crate::behaviours::Outcome;
use crate::{builder, soon, until};

/// Counts requests of a kind, and changes nothing.
fn counting(opcode: Opcode) -> Fault {
    Fault::delay(Duration::ZERO).to(opcode)
}

#[tokio::test(start_paused = true)]
async fn every_idle_connection_beats_the_control_connection_too() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let _session = builder(&cluster).pool(PoolConfig::fixed(2)).build().await?;
    let beats: Vec<_> = cluster
        .connections()
        .into_iter()
        .map(|client| cluster.inject(counting(Opcode::Options).on_connection(client.id)))
        .collect();
    assert_eq!(beats.len(), 3);
    tokio::time::sleep(SECOND * 100).await;
    for beats in beats {
        assert_eq!(beats.strikes(), 3, "one in 30 s");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_heart_beats_where_it_is_off_or_answers_come_anyway() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let off = |connection: &mut helenus::ConnectionConfig| {
        connection.heartbeat_interval = Duration::ZERO;
    };
    let session = builder(&cluster).connection(off).build().await?;
    let beats = cluster.inject(counting(Opcode::Options));
    tokio::time::sleep(SECOND * 3600).await;
    assert_eq!(beats.strikes(), 0);
    drop(session);
    until("it is gone", || cluster.connections().is_empty()).await;

    let session = builder(&cluster).pool(PoolConfig::fixed(1)).build().await?;
    let insert = insert(&session).await?;
    let client = clients(&cluster).remove(0).id;
    let beats = cluster.inject(counting(Opcode::Options).on_connection(client));
    for k in 0..60 {
        tokio::time::sleep(SECOND * 5).await;
        session.execute(&insert, (k,)).await?;
    }
    assert_eq!(beats.strikes(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_heart_beats_while_a_connection_starts_up() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let asked = cluster.inject(counting(Opcode::Options));
    let _slow = cluster.inject(Fault::delay(SECOND * 5).to(Opcode::Startup));
    let patient = |connection: &mut helenus::ConnectionConfig| {
        connection.heartbeat_interval = SECOND;
        connection.heartbeat_timeout = SECOND;
        connection.connect_timeout = SECOND * 60;
    };
    let _session = builder(&cluster).connection(patient).pool(PoolConfig::fixed(1)).build().await?;
    // Each asks once what the server can, and the control connection had 5 s to beat in, while the other started up.
    let beats = asked.strikes() - 2;
    assert!((4..=5).contains(&beats), "{beats}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_written_to_and_never_answers_is_closed_in_time() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).reconnection(soon()).pool(PoolConfig::fixed(1)).build().await?;
    let insert = insert(&session).await?.with_timeout(SECOND / 2);
    let deaf = clients(&cluster).remove(0).id;
    let _deaf = cluster.inject(Fault::drop_answers().on_connection(deaf));
    let begun = tokio::time::Instant::now();
    while clients(&cluster).iter().any(|client| client.id == deaf) {
        assert!(session.execute(&insert, (1,)).await.is_err() || begun.elapsed() > SECOND * 30);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The interval, the timeout, and what a look at the clock may be late.
    assert!((30..=36).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    until("another works", || connections(&session, &cluster) == [1]).await;
    session.execute(&insert, (1,)).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_node_is_up_while_one_connection_works_whatever_is_reported() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster)
        .consistency(Consistency::One)
        .reconnection(Arc::new(ConstantReconnection(SECOND * 3600)))
        .pool(PoolConfig::fixed(2))
        .build()
        .await?;
    let insert = insert(&session).await?;
    let node = cluster.nodes().remove(1);
    let _full = node.inject(Fault::connection_limit(0));
    let one = clients(&cluster).into_iter().find(|client| client.node == node.address()).unwrap();
    let ending = node.inject(Fault::reset().on_connection(one.id).times(1));
    while ending.strikes() == 0 {
        session.execute(&insert, (1,)).await?;
    }
    until("one connection is left", || connections(&session, &cluster) == [2, 1]).await;
    cluster.announce(Event::Status(StatusChange::Down, node.address()), 1);
    tokio::time::sleep(SECOND * 60).await;
    assert!(session.metrics().nodes.iter().all(|node| node.is_up));
    cluster.forget_statements();
    all(writes(&session, &insert, 40)).await?;
    cluster.requests().on(&node).executing("INSERT").assert_some();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_node_reported_up_is_connected_to_now() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let session = builder(&cluster)
        .reconnection(Arc::new(ConstantReconnection(SECOND * 3600)))
        .pool(pool(2, |_| {}))
        .build()
        .await?;
    // The node without the control connection, which hears of it.
    let watched = cluster.connections().into_iter().find(|client| client.hears_events).unwrap();
    let index = cluster.addresses().iter().position(|node| *node != watched.node).unwrap();
    cluster.stop(index).await?;
    until("the node is away", || connections(&session, &cluster)[index] == 0).await;
    tokio::time::sleep(SECOND * 60).await;
    assert_eq!(connections(&session, &cluster)[index], 0);
    let back = tokio::time::Instant::now();
    cluster.restart(index).await?;
    until("it is whole again", || connections(&session, &cluster)[index] == 2).await;
    assert!(back.elapsed() < SECOND, "{:?}", back.elapsed());
    Ok(())
}

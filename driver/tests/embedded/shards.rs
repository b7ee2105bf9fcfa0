use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use helenus::{PoolConfig, PoolSize, PoolSizes, Session, SessionBuilder};
use helenus_protocol::{ShardingInfo, Token, Value};
use helenus_testkit::{EmbeddedCluster, Fault, Scylla, SeenRequest};

use crate::behaviours::Outcome;
use crate::{builder, soon, until};

const SHARDS: u16 = 4;

async fn start(scylla: Scylla) -> Outcome<EmbeddedCluster> {
    let cluster = EmbeddedCluster::builder().datacenter("dc1", 3).scylla(scylla).start().await?;
    cluster.load(
        "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 2};
         CREATE TABLE ks.t (k int PRIMARY KEY, v int);",
    )?;
    Ok(cluster)
}

fn patient(cluster: &EmbeddedCluster) -> SessionBuilder {
    builder(cluster).reconnection(soon())
}

/// The session's connections by node and shard.
fn connections(cluster: &EmbeddedCluster) -> BTreeMap<(SocketAddr, u16), usize> {
    let mut connections = BTreeMap::new();
    // The control connection asks for nothing but the cluster.
    for one in cluster.connections().iter().filter(|one| !one.hears_events) {
        *connections.entry((one.node, one.shard.unwrap())).or_default() += 1;
    }
    connections
}

async fn run(session: &Session) -> Outcome {
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    for key in 0..200 {
        session.execute(&insert, (key, key)).await?;
    }
    Ok(())
}

fn key(request: &SeenRequest) -> i32 {
    match request.statements[0].values()[0].value {
        Some(Value::Int(key)) => key,
        ref other => panic!("{other:?}"),
    }
}

/// How many of the inserts came to the shard that their rows belong to.
fn at_home(cluster: &EmbeddedCluster) -> usize {
    let shards = NonZeroU16::new(SHARDS).unwrap();
    let sharding = ShardingInfo { shard: 0, shards, ignore_msb: 12, port: None, tls_port: None };
    let inserts = cluster.requests().executing("INSERT INTO ks.t");
    inserts.assert_count(200);
    let home = |one: &&SeenRequest| sharding.shard_of(Token::of_key(&key(one).to_be_bytes()));
    inserts.iter().filter(|one| one.shard == Some(home(one))).count()
}

#[tokio::test]
async fn every_shard_has_a_connection_and_gets_the_requests_for_its_rows() -> Outcome {
    let cluster = start(Scylla::new(SHARDS)).await?;
    let session = patient(&cluster).pool(PoolConfig::fixed(1)).build().await?;
    let all = 3 * usize::from(SHARDS);
    until("each shard has a connection", || connections(&cluster).len() == all).await;
    run(&session).await?;
    assert_eq!(at_home(&cluster), 200);
    let open: usize = session.metrics().nodes.iter().map(|node| node.pool.open).sum();
    assert_eq!(open, all, "one connection to a shard is enough");
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

#[tokio::test]
async fn a_larger_pool_spreads_over_the_shards_and_shrinks_to_one_each() -> Outcome {
    let cluster = start(Scylla::new(SHARDS)).await?;
    let shards = usize::from(SHARDS);
    let session = patient(&cluster).pool(PoolConfig::fixed(2 * shards)).build().await?;
    let each_has = |count| {
        let connections = connections(&cluster);
        connections.len() == 3 * shards && connections.values().all(|one| *one == count)
    };
    until("each shard has two connections", || each_has(2)).await;
    session.resize_pools(PoolSizes::default().with_local(PoolSize::fixed(1)))?;
    until("each shard has one connection", || each_has(1)).await;
    run(&session).await?;
    assert_eq!(at_home(&cluster), 200);
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

#[tokio::test]
async fn a_lost_connection_to_a_shard_is_replaced_by_one_to_the_same() -> Outcome {
    let cluster = start(Scylla::new(SHARDS)).await?;
    let session = patient(&cluster).pool(PoolConfig::fixed(1)).build().await?;
    let all = 3 * usize::from(SHARDS);
    until("each shard has a connection", || connections(&cluster).len() == all).await;
    let lost = cluster.connections().into_iter().find(|one| !one.hears_events).unwrap();
    let _fault = cluster.inject(Fault::reset().on_connection(lost.id).times(1));
    let _ = run(&session).await;
    until("the lost one is gone and each shard has a connection", || {
        let is_gone = cluster.connections().iter().all(|one| one.id != lost.id);
        is_gone && connections(&cluster).len() == all
    })
    .await;
    cluster.forget_statements();
    run(&session).await?;
    assert_eq!(at_home(&cluster), 200);
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

#[tokio::test]
async fn without_the_port_that_chooses_shards_requests_go_to_those_that_there_are() -> Outcome {
    let cluster = start(Scylla::new(SHARDS).without_shard_aware_port()).await?;
    let session = patient(&cluster).pool(PoolConfig::fixed(1)).build().await?;
    // A node gives a connection the shard that has the fewest.
    let shards = usize::from(SHARDS);
    let open = || session.metrics().nodes.iter().all(|node| node.pool.open == shards);
    until("each pool is whole", open).await;
    run(&session).await?;
    assert!(at_home(&cluster) > 100);
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

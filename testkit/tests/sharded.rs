//! A cluster of ScyllaDB's nodes, as ScyllaDB's driver sees it.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use helenus_protocol::{ErrorKind, RateLimitedOperation, ShardingInfo, Token, Value};
use helenus_testkit::{EmbeddedCluster, Fault, Scylla, SeenRequest};
use scylla::client::PoolSize;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::statement::prepared::PreparedStatement;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const LONG: Duration = Duration::from_secs(20);
const SHARDS: u16 = 3;

async fn start(scylla: Scylla, replication: &str) -> Outcome<(EmbeddedCluster, Session)> {
    let cluster = EmbeddedCluster::builder().datacenter("dc1", 3).scylla(scylla).start().await?;
    cluster.load(&format!(
        "CREATE KEYSPACE ks WITH replication = {replication};
         CREATE TABLE ks.t (k int PRIMARY KEY, v int);"
    ))?;
    let session = SessionBuilder::new()
        .known_nodes(cluster.contact_points())
        .pool_size(PoolSize::PerShard(NonZeroUsize::MIN))
        .build()
        .await?;
    let shards = |cluster: &EmbeddedCluster| {
        let connections = cluster.connections().into_iter();
        connections.map(|one| (one.node, one.shard)).collect::<HashSet<_>>().len()
    };
    cluster.wait_until(LONG, |cluster| shards(cluster) == 3 * usize::from(SHARDS)).await?;
    Ok((cluster, session))
}

/// Runs a statement for each of 200 keys.
async fn run(session: &Session, statement: &PreparedStatement) -> Outcome {
    for key in 0..200 {
        session.execute_unpaged(statement, (key, key)).await?;
    }
    Ok(())
}

fn key(request: &SeenRequest) -> i32 {
    match request.statements[0].values()[0].value {
        Some(Value::Int(key)) => key,
        ref other => panic!("{other:?}"),
    }
}

/// Where the requests for each key went since the last look.
fn places(cluster: &EmbeddedCluster, cql: &str) -> BTreeMap<i32, (SocketAddr, u16)> {
    let requests = cluster.requests().executing(cql);
    let places = requests.iter().map(|one| (key(one), (one.node, one.shard.unwrap()))).collect();
    cluster.forget_statements();
    places
}

const SIMPLE: &str = "{'class': 'SimpleStrategy', 'replication_factor': 3}";

#[tokio::test]
async fn every_shard_has_a_connection_and_gets_its_own_requests() -> Outcome {
    let (cluster, session) = start(Scylla::new(SHARDS), SIMPLE).await?;
    let by_port = cluster.connections().into_iter();
    let by_port = by_port.filter(|one| one.shard == Some(one.client.port() % SHARDS)).count();
    assert!(by_port >= 6, "{by_port} connections came through the shard-aware port");

    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    let shards = SHARDS.try_into()?;
    let sharding = ShardingInfo { shard: 0, shards, ignore_msb: 12, port: None, tls_port: None };
    let home = |key: i32| sharding.shard_of(Token::of_key(&key.to_be_bytes()));
    let begun = Instant::now();
    // The driver may take a moment until it uses a connection that the nodes have.
    loop {
        run(&session, &insert).await?;
        let seen = places(&cluster, "INSERT");
        assert_eq!(seen.len(), 200);
        let strays = seen.iter().filter(|(key, (_, shard))| *shard != home(**key)).count();
        if strays == 0 {
            return Ok(());
        }
        assert!(begun.elapsed() < LONG, "{strays} requests went to other shards than their rows'");
    }
}

#[tokio::test]
async fn tablets_are_learned_and_kept_to() -> Outcome {
    let replication = "{'class': 'NetworkTopologyStrategy', 'dc1': 1}";
    let (cluster, session) = start(Scylla::new(SHARDS).tablets(8), replication).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    run(&session, &insert).await?;
    let first = places(&cluster, "INSERT");
    run(&session, &insert).await?;
    let second = places(&cluster, "INSERT");
    run(&session, &insert).await?;
    let third = places(&cluster, "INSERT");
    assert_ne!(first, second);
    assert_eq!(second, third);
    let mut tablets = HashMap::new();
    for (key, place) in second {
        let Token(token) = Token::of_key(&key.to_be_bytes());
        // Eight tablets: the three highest bits of a token tell them apart.
        assert_eq!(*tablets.entry(token >> 61).or_insert(place), place);
    }
    assert_eq!(tablets.len(), 8);
    assert!(tablets.values().collect::<HashSet<_>>().len() > 1);
    Ok(())
}

#[tokio::test]
async fn conditional_statements_go_to_their_first_replica() -> Outcome {
    let (cluster, session) = start(Scylla::new(SHARDS), SIMPLE).await?;
    let nodes = cluster.nodes();
    let ring: BTreeMap<i64, SocketAddr> =
        nodes.iter().flat_map(|node| node.tokens().map(|token| (token, node.address()))).collect();
    let owner = |key: i32| {
        let Token(token) = Token::of_key(&key.to_be_bytes());
        *ring.range(token..).next().or(ring.iter().next()).unwrap().1
    };
    let lwt = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?) IF NOT EXISTS").await?;
    assert!(lwt.is_confirmed_lwt());
    run(&session, &lwt).await?;
    let seen = places(&cluster, "IF NOT EXISTS");
    assert!(seen.iter().all(|(key, (node, _))| *node == owner(*key)));

    let plain = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    assert!(!plain.is_confirmed_lwt());
    run(&session, &plain).await?;
    let elsewhere =
        places(&cluster, "INSERT").into_iter().filter(|(key, (node, _))| *node != owner(*key));
    assert!(elsewhere.count() > 50);
    Ok(())
}

#[tokio::test]
async fn limits_of_rate_are_told() -> Outcome {
    let (cluster, session) = start(Scylla::new(SHARDS), SIMPLE).await?;
    let operation = RateLimitedOperation::Read;
    let kind = ErrorKind::RateLimitReached { code: 0, operation, by_coordinator: true };
    let _limited = cluster.inject(Fault::error(kind).matching("SELECT v FROM ks.t"));
    let error = session.query_unpaged("SELECT v FROM ks.t WHERE k = 1", ()).await.unwrap_err();
    let ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, _)) = error else {
        panic!("{error}")
    };
    assert!(
        matches!(error, DbError::RateLimitReached { rejected_by_coordinator: true, .. }),
        "{error}"
    );
    Ok(())
}

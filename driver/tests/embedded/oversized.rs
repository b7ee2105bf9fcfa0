//! Requests and answers larger than is allowed.

use helenus::{
    AttemptError, Batch, BatchKind, Compression, PoolConfig, PreparedStatement, ProtocolVersion,
    RequestError, RequestErrorKind, Session, SessionBuilder,
};
use helenus_testkit::{ConnectionId, EmbeddedCluster, Fault};
use tokio::task::JoinSet;

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, until};

const LIMIT: usize = 64 * 1024;

/// Every way in which frames are written.
fn framings() -> impl Iterator<Item = (ProtocolVersion, Option<Compression>)> {
    [ProtocolVersion::V4, ProtocolVersion::V5]
        .into_iter()
        .flat_map(|version| [(version, None), (version, Some(Compression::Lz4))])
}

/// Sessions of one connection to a node, with both limits.
fn limited(
    cluster: &EmbeddedCluster,
    version: ProtocolVersion,
    compression: Option<Compression>,
) -> SessionBuilder {
    builder(cluster).pool(PoolConfig::fixed(1)).connection(|connection| {
        connection.max_version = version;
        connection.compression = compression;
        connection.max_response = LIMIT;
        connection.max_request = LIMIT;
    })
}

/// Bytes that no compression makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// What the row of a key holds.
fn value(k: i32) -> Vec<u8> {
    noise(k.unsigned_abs() as usize * 20)
}

fn connections(cluster: &EmbeddedCluster) -> Vec<ConnectionId> {
    cluster.connections().iter().map(|connection| connection.id).collect()
}

async fn table(session: &Session) -> Outcome {
    keyspace(session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v blob)", ()).await?;
    Ok(())
}

/// Makes many requests at once, and the one for the row of key 0 among them.
async fn ask_among_others(session: &Session, select: &PreparedStatement) -> RequestError {
    let ask = |k: i32| session.execute(select, (k,));
    let before = futures::future::join_all((1..40).map(ask));
    let after = futures::future::join_all((40..80).map(ask));
    let (before, oversized, after) = tokio::join!(before, ask(0), after);
    for (k, result) in (1..80).zip(before.into_iter().chain(after)) {
        let (v,) = result.unwrap().one_row::<(Vec<u8>,)>().unwrap();
        assert_eq!(v, value(k));
    }
    oversized.unwrap_err()
}

#[tokio::test]
async fn an_oversized_answer_fails_alone() -> Outcome {
    for (version, compression) in framings() {
        let cluster = EmbeddedCluster::start(1).await?;
        let writer = builder(&cluster).build().await?;
        table(&writer).await?;
        let insert = writer.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
        for k in 1..80 {
            writer.execute(&insert, (k, value(k))).await?;
        }
        writer.shutdown(std::time::Duration::from_secs(5)).await;
        let session = limited(&cluster, version, compression).build().await?;
        let select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;
        let select = select.with_idempotence(true);
        let opened = connections(&cluster);
        // What is small on its way may still be large, and what is just beyond the limit is.
        for oversized in [noise(LIMIT), noise(5 * LIMIT), vec![7; 5 * LIMIT]] {
            let insert = format!("INSERT INTO ks.t (k, v) VALUES (0, 0x{})", hex(&oversized));
            cluster.load(&insert)?;
            let asked = || cluster.requests().executing("SELECT v").count();
            let before = asked();
            let error = ask_among_others(&session, &select).await;
            let RequestErrorKind::Failed { node, error: cause } = error.kind() else {
                panic!("{error}")
            };
            assert_eq!(*node, cluster.addresses()[0]);
            let AttemptError::TooLarge { length, limit: LIMIT } = cause else { panic!("{error}") };
            assert!(
                (oversized.len()..oversized.len() * 101 / 100 + 1000).contains(length),
                "{length}"
            );
            assert!(error.to_string().contains("page size"), "{error}");
            // Another node would answer the same.
            assert_eq!((error.attempts().len(), asked()), (0, before + 80));
            let metrics = session.metrics();
            assert_eq!(
                (metrics.retries, metrics.nodes[0].in_flight, metrics.nodes[0].orphans),
                (0, 0, 0)
            );
            assert_eq!(connections(&cluster), opened, "{version:?} {compression:?}");
        }
        assert_eq!(session.metrics().nodes[0].pool.failed.unreadable, 3);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[tokio::test]
async fn an_oversized_request_fails_alone_and_is_not_sent() -> Outcome {
    for (version, compression) in framings() {
        let cluster = EmbeddedCluster::start(1).await?;
        let session = limited(&cluster, version, compression).build().await?;
        table(&session).await?;
        let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
        let opened = connections(&cluster);
        let large = noise(2 * LIMIT);
        let mut batch = Batch::new(BatchKind::Unlogged);
        for (k, part) in (0..).zip(large.chunks(LIMIT / 3)) {
            batch.push(&insert, (k, part))?;
        }
        let text = format!("INSERT INTO ks.t (k, v) VALUES (0, 0x{})", hex(&large));
        let before = cluster.requests().count();
        for failed in [
            session.execute(&insert, (0, &large)).await,
            session.batch(&batch).await,
            session.query(text, ()).await,
        ] {
            let error = failed.unwrap_err();
            let RequestErrorKind::TooLarge { length, limit: LIMIT } = error.kind() else {
                panic!("{error}")
            };
            assert!(*length > LIMIT && error.to_string().contains("max_request"), "{error}");
        }
        assert_eq!(cluster.requests().count(), before);
        session.execute(&insert, (1, &large[..LIMIT - 1000])).await?;
        assert_eq!(connections(&cluster), opened);
    }
    Ok(())
}

#[tokio::test]
async fn what_the_session_itself_reads_of_a_large_cluster_is_not_limited() -> Outcome {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 6).tokens_per_node(256).start().await?;
    let session =
        builder(&cluster).connection(|connection| connection.max_response = 1024).build().await?;
    assert_eq!(session.metrics().nodes.len(), 6);
    let error = session.query("SELECT tokens FROM system.peers_v2", ()).await.unwrap_err();
    assert!(error.to_string().contains("1024 are taken"), "{error}");
    Ok(())
}

/// Requests to a node that reads nothing are held up to a limit, and wait beyond it without being lost.
#[tokio::test]
async fn what_a_node_does_not_read_is_held_up_to_a_limit() -> Outcome {
    const HELD: usize = 1024 * 1024;
    const REQUESTS: i32 = 400;
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster)
        .pool(PoolConfig::fixed(1))
        .connection(|connection| {
            connection.max_unwritten = HELD;
            connection.tcp_send_buffer = Some(64 * 1024);
        })
        .build()
        .await?;
    table(&session).await?;
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, ?)").await?;
    let paused = cluster.inject(Fault::pause_reads());
    let mut requests = JoinSet::new();
    for k in 0..REQUESTS {
        let (session, insert) = (session.clone(), insert.clone());
        requests.spawn(async move { session.execute(&insert, (k, noise(LIMIT))).await });
    }
    let waiting = || session.metrics().nodes[0].pool.waiting;
    until("some wait for room", || waiting() > 0).await;
    drop(paused);
    while let Some(done) = requests.join_next().await {
        done??;
    }
    assert_eq!(waiting(), 0);
    let rows = session.query("SELECT k FROM ks.t", ()).await?;
    assert_eq!(rows.row_count(), REQUESTS as usize);
    Ok(())
}

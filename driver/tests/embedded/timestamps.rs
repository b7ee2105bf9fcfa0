//! Who gives writes their timestamps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use futures::future::join_all;
use helenus::policies::{
    MonotonicTimestamps, ServerTimestamps, ThreadTimestamps, TimestampGenerator,
};
use helenus::{Batch, BatchKind, ErrorKind, PreparedStatement, Session, Statement};
use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Fault};

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, soon};

/// 1,000, 1,001, and so on.
#[derive(Debug)]
struct Counted(AtomicI64);

impl TimestampGenerator for Counted {
    fn next(&self, _: SystemTime) -> Option<i64> {
        Some(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

type Writing = (EmbeddedCluster, Session, PreparedStatement);

async fn writing(timestamps: Option<Arc<dyn TimestampGenerator>>) -> Outcome<Writing> {
    let cluster = EmbeddedCluster::start(2).await?;
    let builder = builder(&cluster).reconnection(soon());
    let builder = timestamps.into_iter().fold(builder, helenus::SessionBuilder::timestamps);
    // What is set up takes no part.
    let setup = crate::builder(&cluster).build().await?;
    keyspace(&setup, "ks", 2).await?;
    setup.query("CREATE TABLE ks.t (k int PRIMARY KEY, v int)", ()).await?;
    let session = builder.build().await?;
    let insert = session.prepare("INSERT INTO ks.t (k, v) VALUES (?, 0)").await?;
    Ok((cluster, session, insert.with_idempotence(true)))
}

async fn written_at(session: &Session, k: i32) -> Outcome<i64> {
    let select = session.prepare("SELECT writetime(v) FROM ks.t WHERE k = ?").await?;
    Ok(session.execute(&select, (k,)).await?.one_row::<(i64,)>()?.0)
}

#[tokio::test]
async fn writes_have_the_generators_timestamps_unless_they_have_their_own() -> Outcome {
    let (_cluster, session, insert) = writing(Some(Arc::new(Counted(1_000.into())))).await?;
    let first = 1_000;
    session.execute(&insert, (1,)).await?;
    assert_eq!(written_at(&session, 1).await?, first);
    session.execute(&insert, (2,)).await?;
    assert_eq!(written_at(&session, 2).await?, first + 1, "reads take none");
    session.execute(&insert.clone().with_timestamp(7), (3,)).await?;
    assert_eq!(written_at(&session, 3).await?, 7);
    let mut batch = Batch::new(BatchKind::Unlogged);
    batch.push(&insert, (4,))?.push(&insert, (5,))?;
    session.batch(&batch).await?;
    assert_eq!(written_at(&session, 4).await?, first + 2);
    assert_eq!(written_at(&session, 5).await?, first + 2);
    let plain = Statement::new("INSERT INTO ks.t (k, v) VALUES (6, 0)");
    session.query(plain, ()).await?;
    assert_eq!(written_at(&session, 6).await?, first + 3);
    Ok(())
}

#[tokio::test]
async fn all_attempts_of_a_write_have_one_timestamp() -> Outcome {
    let (cluster, session, insert) = writing(Some(Arc::new(Counted(1_000.into())))).await?;
    let ill = Fault::error(ErrorKind::ServerError).to(Opcode::Execute).matching("INSERT").times(1);
    let ill = cluster.inject(ill);
    session.execute(&insert, (2,)).await?;
    assert_eq!((ill.strikes(), written_at(&session, 2).await?), (1, 1_000));
    session.execute(&insert, (3,)).await?;
    assert_eq!(written_at(&session, 3).await?, 1_001);
    Ok(())
}

#[tokio::test]
async fn by_default_the_server_stamps_and_a_client_may() -> Outcome {
    let micros = || {
        let since =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    };
    let generators: [Option<Arc<dyn TimestampGenerator>>; 4] = [
        None,
        Some(Arc::new(ServerTimestamps)),
        Some(Arc::<MonotonicTimestamps>::default()),
        Some(Arc::<ThreadTimestamps>::default()),
    ];
    for timestamps in generators {
        let is_monotonic = timestamps.as_ref().is_some_and(|t| t.next(SystemTime::now()).is_some());
        let (_cluster, session, insert) = writing(timestamps).await?;
        let before = micros();
        let writes = join_all((0..200).map(|k| session.execute(&insert, (k,)))).await;
        assert!(writes.iter().all(Result::is_ok));
        let mut seen = Vec::new();
        for k in 0..200 {
            seen.push(written_at(&session, k).await?);
        }
        assert!(seen.iter().all(|at| (before..=micros()).contains(at)));
        if is_monotonic {
            // They were stamped in the order in which they were made.
            assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
        }
    }
    Ok(())
}

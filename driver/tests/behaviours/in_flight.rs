use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use helenus::policies::{ClusterState, Distance, LoadBalancing, Node, Routing, Visit};
use helenus::{Consistency, ErrorKind, PoolConfig, RequestError, RequestErrorKind, SessionBuilder};
use tokio::task::JoinSet;

use super::Outcome;

/// Sends every request to one node.
#[derive(Debug)]
pub(crate) struct Only(pub(crate) SocketAddr);

impl LoadBalancing for Only {
    fn distance(&self, node: &Node) -> Distance {
        if node.address == self.0 { Distance::Local } else { Distance::Ignored }
    }

    fn visit(
        &self,
        _: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let nodes = cluster.topology().nodes().iter();
        nodes.filter(|node| node.address == self.0).try_for_each(|node| visit(node.index))
    }
}

const STREAMS: i32 = 32_768;

fn is_exhausted(error: &RequestError) -> bool {
    matches!(error.kind(), RequestErrorKind::PoolExhausted(_))
}

/// Fills every stream of one connection to `node` while `freeze` keeps it from answering, and one more; then lets it
/// answer with `thaw`.
pub(crate) async fn every_stream_gets_its_own_answer(
    builder: SessionBuilder,
    ks: &str,
    node: SocketAddr,
    freeze: impl FnOnce(),
    thaw: impl FnOnce(),
) -> Outcome {
    let mut pool = PoolConfig::fixed(1);
    pool.acquire_timeout = Duration::ZERO;
    let session = builder
        .load_balancing(Arc::new(Only(node)))
        .pool(pool)
        .consistency(Consistency::One)
        .request_timeout(Duration::from_secs(120))
        .build()
        .await?;
    let table = format!("{ks}.in_flight");
    session.query(format!("CREATE TABLE {table} (k int PRIMARY KEY, v text)"), ()).await?;
    let insert = &session.prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await?;
    // A real node on a busy machine may take longer than it allows itself; the rows are what matters here.
    let gave_up = |error: &RequestError| matches!(error.server_error(), Some(error) if matches!(error.kind, ErrorKind::WriteTimeout { .. }));
    let writer = &session;
    let write = |k| async move {
        let value = format!("value of {k}");
        match writer.execute(insert, (k, &value)).await {
            Err(error) if gave_up(&error) => writer.execute(insert, (k, &value)).await,
            done => done,
        }
    };
    let mut writes = stream::iter(0..STREAMS).map(write).buffer_unordered(256);
    while let Some(written) = writes.next().await {
        written?;
    }
    drop(writes);

    let select = session.prepare(format!("SELECT v FROM {table} WHERE k = ?")).await?;
    freeze();
    let mut reads = JoinSet::new();
    for k in 0..STREAMS {
        let (session, select) = (session.clone(), select.clone());
        reads.spawn(async move {
            loop {
                match session.execute(&select, (k,)).await {
                    // The driver itself asks a silent node for a sign of life, which takes a stream, too.
                    Err(error) if is_exhausted(&error) => tokio::task::yield_now().await,
                    read => return (k, read),
                }
            }
        });
    }
    let in_flight = || -> usize { session.metrics().nodes.iter().map(|node| node.in_flight).sum() };
    let filled = async {
        while in_flight() < STREAMS as usize {
            tokio::task::yield_now().await;
        }
    };
    let filled = tokio::time::timeout(Duration::from_secs(60), filled).await;
    let in_flight = in_flight();
    let one_more = session.execute(&select, (0,)).await;
    thaw();
    filled.map_err(|_| format!("only {in_flight} requests are in flight"))?;
    let refused = one_more.expect_err("no stream is left for one more");
    assert!(is_exhausted(&refused), "{refused}");

    let mut answered = 0;
    while let Some(read) = reads.join_next().await {
        let (k, result) = read?;
        assert_eq!(result?.one_row::<(&str,)>()?.0, format!("value of {k}"));
        answered += 1;
    }
    assert_eq!(answered, STREAMS);
    // The streams are free again.
    session.execute(&select, (0,)).await?;
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

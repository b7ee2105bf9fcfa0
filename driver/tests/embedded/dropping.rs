//! Requests whose futures are dropped before their answers come.

use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use helenus::{PoolConfig, PreparedStatement, Session, Value};
use helenus_testkit::{EmbeddedCluster, Fault, SeenRequest};

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, until};

/// A session of one connection to one node, and a select from a table of which row `k` holds ten times `k`.
async fn one()
-> Result<(EmbeddedCluster, Session, PreparedStatement), Box<dyn std::error::Error + Send + Sync>> {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).pool(PoolConfig::fixed(1)).build().await?;
    keyspace(&session, "ks", 1).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY, v int)", ()).await?;
    for k in 0..60 {
        session.query("INSERT INTO ks.t (k, v) VALUES (?, ?)", (k, k * 10)).await?;
    }
    let select = session.prepare("SELECT v FROM ks.t WHERE k = ?").await?;
    Ok((cluster, session, select))
}

/// The keys that the node was asked for, in order.
fn asked(cluster: &EmbeddedCluster) -> Vec<Value> {
    let requests = cluster.requests().executing("SELECT v");
    let key = |request: &SeenRequest| request.statements[0].values().remove(0).value;
    requests.iter().filter_map(key).collect()
}

#[tokio::test]
async fn a_request_dropped_before_it_is_written_is_never_sent() -> Outcome {
    let (cluster, session, select) = one().await?;
    // The first is alone and leaves at once; those behind it wait for the writer, which has not had its turn.
    let mut requests: Vec<_> = (0..10).map(|k| Box::pin(session.execute(&select, (k,)))).collect();
    for request in &mut requests {
        assert!(request.now_or_never().is_none());
    }
    assert_eq!(session.metrics().nodes[0].in_flight, 10);
    let kept: Vec<_> = [9, 7, 5, 3, 1].map(|k| requests.remove(k)).into_iter().rev().collect();
    drop(requests);
    let node = &session.metrics().nodes[0];
    assert_eq!((node.in_flight, node.orphans), (5, 1), "the first has left and is an orphan");
    for (result, k) in join_all(kept).await.into_iter().zip([1, 3, 5, 7, 9]) {
        assert_eq!(result?.one_row::<(i32,)>()?, (k * 10,));
    }
    assert_eq!(asked(&cluster), [0, 1, 3, 5, 7, 9].map(Value::Int));
    until("the orphan's stream is free", || session.metrics().nodes[0].orphans == 0).await;
    Ok(())
}

#[tokio::test]
async fn a_request_dropped_once_it_is_written_is_an_orphan_whose_answer_reaches_nobody() -> Outcome
{
    let (cluster, session, select) = one().await?;
    let late = cluster.inject(Fault::delay(Duration::from_millis(300)).matching("SELECT v"));
    let mut requests: Vec<_> = (0..20).map(|k| Box::pin(session.execute(&select, (k,)))).collect();
    for request in &mut requests {
        assert!(request.now_or_never().is_none());
    }
    until("the node has them all", || late.strikes() == 20).await;
    // No answer leaves until they are dropped.
    cluster.freeze(0)?;
    drop(late);
    assert_eq!(session.metrics().nodes[0].in_flight, 20);
    drop(requests);
    let node = &session.metrics().nodes[0];
    assert_eq!((node.in_flight, node.orphans), (0, 20));
    // Their streams are not given to others as long as their answers may come.
    let mut others: Vec<_> = (20..60).map(|k| Box::pin(session.execute(&select, (k,)))).collect();
    for request in &mut others {
        assert!(request.now_or_never().is_none());
    }
    assert_eq!(session.metrics().nodes[0].orphans, 20);
    cluster.thaw(0)?;
    for (result, k) in join_all(others).await.into_iter().zip(20..) {
        assert_eq!(result?.one_row::<(i32,)>()?, (k * 10,));
    }
    until("the late answers freed their streams", || session.metrics().nodes[0].orphans == 0).await;
    assert_eq!(asked(&cluster).len(), 60);
    Ok(())
}

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use helenus::{Consistency, PreparedStatement, QueryResult, Session};
use uuid::Uuid;

use crate::behaviours::{Outcome, keyspace};
use crate::server::{SHUTDOWN, Server};

const COPIES: usize = 2;
const KEYS: i32 = 150;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Reads and writes at ALL, so that every replica takes part, and holds the coordinator in the server's trace against
/// the nodes that the trace shows at work on the data.
pub(crate) async fn every_request_is_coordinated_by_a_replica(server: Server) -> Outcome {
    let session = server.session().await?;
    keyspace(&session, "traced", COPIES).await?;
    session.query("CREATE TABLE traced.t (k int PRIMARY KEY, v int)", ()).await?;
    let traced = |statement: PreparedStatement| {
        statement.with_tracing(true).with_consistency(Consistency::All)
    };
    let write = traced(session.prepare("INSERT INTO traced.t (k, v) VALUES (?, ?)").await?);
    let read = traced(session.prepare("SELECT v FROM traced.t WHERE k = ?").await?);
    let mut coordinators = HashSet::new();
    for k in 0..KEYS {
        let written = session.execute(&write, (k, k)).await?;
        coordinators
            .insert(coordinated_by_replica(&session, &written, "Adding to t memtable").await?);
        let result = session.execute(&read, (k,)).await?;
        let executing = "Executing single-partition query on t";
        coordinators.insert(coordinated_by_replica(&session, &result, executing).await?);
    }
    assert_eq!(coordinators.len(), 3, "every node coordinates: {coordinators:?}");
    session.query("DROP KEYSPACE traced", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// Waits until the trace shows every replica at work; returns the coordinator, which must be one of them.
async fn coordinated_by_replica(
    session: &Session,
    result: &QueryResult,
    work: &str,
) -> Result<IpAddr, Error> {
    let id = result.tracing_id().ok_or("the server did not trace the request")?;
    let waited = Instant::now();
    loop {
        let (coordinator, workers) = trace(session, id, work).await?;
        if let Some(coordinator) = coordinator.filter(|_| workers.len() >= COPIES) {
            assert_eq!(workers.len(), COPIES, "{workers:?} work on one row");
            assert!(workers.contains(&coordinator), "{coordinator} is none of {workers:?}");
            assert_eq!(result.coordinator().ip(), coordinator);
            return Ok(coordinator);
        }
        if waited.elapsed() > Duration::from_secs(20) {
            return Err(format!("the trace {id} shows only {workers:?} at {work:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The coordinator of a trace, once it is written, and the nodes that did what `work` says.
async fn trace(
    session: &Session,
    id: Uuid,
    work: &str,
) -> Result<(Option<IpAddr>, HashSet<IpAddr>), Error> {
    let sessions = "SELECT coordinator FROM system_traces.sessions WHERE session_id = ?";
    let coordinator = session.query(sessions, (id,)).await?.maybe_row::<(Option<IpAddr>,)>()?;
    let events = "SELECT source, activity FROM system_traces.events WHERE session_id = ?";
    let events = session.query(events, (id,)).await?;
    let mut workers = HashSet::new();
    for event in events.rows::<(IpAddr, &str)>()? {
        let (source, activity) = event?;
        if activity.starts_with(work) {
            workers.insert(source);
        }
    }
    Ok((coordinator.and_then(|(ip,)| ip), workers))
}

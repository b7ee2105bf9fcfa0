use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use helenus::{Consistency, PreparedStatement, QueryResult, Session, Token};
use helenus_testkit::cassandra::{Cluster, RingPart};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::behaviours::{Outcome, keyspace};
use crate::server::{SHUTDOWN, Server};
use crate::tokens::Numbers;

const COPIES: usize = 2;
const KEYS: i32 = 150;
const TOKENS: usize = 10_000;

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

/// The session works out replicas by itself; the server's own are those that `nodetool describering` tells.
pub(crate) async fn replica_sets_are_the_servers_for_ten_thousand_tokens(
    server: Server,
) -> Outcome {
    let session = server.session().await?;
    let mut numbers = Numbers(7);
    let mut tokens: Vec<i64> = (0..TOKENS).map(|_| numbers.next().cast_signed()).collect();
    keyspace(&session, "copies", 1).await?;
    for replication in replications(&server.processes()?) {
        session
            .query(format!("ALTER KEYSPACE copies WITH replication = {replication}"), ())
            .await?;
        let cluster = server.processes()?;
        let ring = spawn_blocking(move || cluster.nodes()[0].ring_of("copies")).await??;
        tokens.truncate(TOKENS);
        tokens.extend(ring.iter().flat_map(|part| [part.end, part.end.wrapping_add(1)]));
        for token in &tokens {
            let servers = &part_of(&ring, *token)?.endpoints;
            let replicas = session.replicas("copies", Token(*token));
            let replicas: Vec<IpAddr> = replicas.iter().map(SocketAddr::ip).collect();
            assert_eq!(&replicas, servers, "the token {token} with {replication}");
        }
    }
    session.query("DROP KEYSPACE copies", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

/// Both strategies with one copy, two and three, as far as there are nodes for them; and a keyspace that only one of
/// several data centers has.
fn replications(cluster: &Cluster) -> Vec<String> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for node in cluster.nodes() {
        *sizes.entry(node.dc()).or_default() += 1;
    }
    let network = |copies: &[(&str, usize)]| {
        let copies: String =
            copies.iter().map(|(dc, copies)| format!(", '{dc}': {copies}")).collect();
        format!("{{'class': 'NetworkTopologyStrategy'{copies}}}")
    };
    let mut replications = Vec::new();
    for copies in 1..=cluster.nodes().len().min(3) {
        replications.push(format!("{{'class': 'SimpleStrategy', 'replication_factor': {copies}}}"));
    }
    for copies in 1..=sizes.values().copied().max().unwrap_or_default().min(3) {
        let copies: Vec<_> = sizes.iter().map(|(dc, size)| (*dc, copies.min(*size))).collect();
        replications.push(network(&copies));
    }
    if let (2.., Some((dc, _))) = (sizes.len(), sizes.last_key_value()) {
        replications.push(network(&[(dc, 1)]));
    }
    replications
}

fn part_of(ring: &[RingPart], token: i64) -> Result<&RingPart, Error> {
    let part = ring.iter().find(|part| part.contains(token));
    part.ok_or_else(|| format!("the token {token} is in no part of {ring:?}").into())
}

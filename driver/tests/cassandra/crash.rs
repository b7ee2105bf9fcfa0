use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use helenus::{Consistency, RequestError, Session};
use helenus_testkit::cassandra::{Cluster, Node};
use tokio::task::{JoinSet, spawn_blocking};

use crate::behaviours::{self, Outcome, keyspace};
use crate::server::{SHUTDOWN, Server};

const WRITERS: i32 = 64;

pub(crate) async fn every_stream_gets_its_own_answer(server: Server) -> Outcome {
    let session = server.session().await?;
    keyspace(&session, "streams", server.copies()).await?;
    let cluster = server.processes()?;
    let node = cluster.nodes().last().ok_or("the cluster has no node")?;
    behaviours::every_stream_gets_its_own_answer(
        server.builder(),
        "streams",
        node.address(),
        || node.pause().expect("the node can be paused"),
        || node.resume().expect("the node can be resumed"),
    )
    .await?;
    session.query("DROP KEYSPACE streams", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

pub(crate) async fn a_restarted_node_learns_its_statements_again(server: Server) -> Outcome {
    let session = server.session().await?;
    keyspace(&session, "forgotten", 2).await?;
    session.query("CREATE TABLE forgotten.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO forgotten.t (k) VALUES (?)").await?;
    for k in 0..60 {
        session.execute(&insert, (k,)).await?;
    }
    let before = session.metrics().reprepared;
    assert!(before >= 1, "nodes learn a statement when it is first run there");
    // A node remembers across restarts what it prepared; a change of the table makes all of them forget it.
    session.query("ALTER TABLE forgotten.t ADD v int", ()).await?;
    let cluster = server.processes()?;
    restart(&cluster, 1).await?;
    all_up(&session).await?;
    for k in 0..60 {
        session.execute(&insert, (k,)).await?;
    }
    assert!(session.metrics().reprepared > before);
    session.query("DROP KEYSPACE forgotten", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

pub(crate) async fn a_node_killed_under_load_fails_no_idempotent_request(
    server: Server,
) -> Outcome {
    let session = server.builder().consistency(Consistency::One).build().await?;
    keyspace(&session, "crash", 2).await?;
    session.query("CREATE TABLE crash.t (k int PRIMARY KEY, v int)", ()).await?;
    let load = Load::start(&session).await?;
    let cluster = server.processes()?;
    load.goes_on(2000).await?;
    let node = cluster.nodes()[1].clone();
    spawn_blocking(move || node.kill()).await??;
    load.goes_on(4000).await?;
    let node = cluster.nodes()[1].clone();
    spawn_blocking(move || node.start()).await??;
    all_up(&session).await?;
    load.goes_on(2000).await?;
    let (requests, failures) = load.stop().await?;
    assert!(failures.is_empty(), "{} of {requests} failed: {}", failures.len(), failures[0]);
    spawn_blocking(move || cluster.await_agreement()).await??;
    session.query("DROP KEYSPACE crash", ()).await?;
    session.shutdown(SHUTDOWN).await;
    Ok(())
}

async fn restart(cluster: &Cluster, index: usize) -> Outcome {
    let node: Node = cluster.nodes()[index].clone();
    spawn_blocking(move || node.restart()).await??;
    let state = cluster.state_file().to_owned();
    spawn_blocking(move || Cluster::attach_file(&state)?.await_agreement()).await??;
    Ok(())
}

pub(crate) async fn all_up(session: &Session) -> Outcome {
    let waited = Instant::now();
    while !session.metrics().nodes.iter().all(|node| node.is_up) {
        if waited.elapsed() > Duration::from_secs(60) {
            return Err(format!("a node stays down: {:#?}", session.metrics().nodes).into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Idempotent writes and reads, so many at once, until they are told to stop.
struct Load {
    workers: JoinSet<Vec<RequestError>>,
    is_over: Arc<AtomicBool>,
    requests: Arc<AtomicU32>,
}

impl Load {
    async fn start(session: &Session) -> Result<Self, RequestError> {
        let write = session.prepare("INSERT INTO crash.t (k, v) VALUES (?, ?)").await?;
        let read = session.prepare("SELECT v FROM crash.t WHERE k = ?").await?;
        let (write, read) = (write.with_idempotence(true), read.with_idempotence(true));
        let is_over = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(AtomicU32::new(0));
        let mut workers = JoinSet::new();
        for worker in 0..WRITERS {
            let (session, write, read) = (session.clone(), write.clone(), read.clone());
            let (is_over, requests) = (Arc::clone(&is_over), Arc::clone(&requests));
            workers.spawn(async move {
                let mut failures = Vec::new();
                for k in (worker..).step_by(WRITERS as usize) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    failures.extend(session.execute(&write, (k, k)).await.err());
                    failures.extend(session.execute(&read, (k,)).await.err());
                    requests.fetch_add(2, Ordering::Relaxed);
                }
                failures
            });
        }
        Ok(Self { workers, is_over, requests })
    }

    /// Waits until so many more requests have been made.
    async fn goes_on(&self, more: u32) -> Outcome {
        let target = self.requests.load(Ordering::Relaxed) + more;
        let waited = Instant::now();
        while self.requests.load(Ordering::Relaxed) < target {
            if waited.elapsed() > Duration::from_secs(60) {
                return Err("the load came to a standstill".into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    async fn stop(mut self) -> Result<(u32, Vec<RequestError>), tokio::task::JoinError> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut failures = Vec::new();
        while let Some(of_worker) = self.workers.join_next().await {
            failures.extend(of_worker?);
        }
        Ok((self.requests.load(Ordering::Relaxed), failures))
    }
}

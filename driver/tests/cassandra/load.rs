use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use helenus::{RequestError, Session};
use tokio::task::JoinSet;

use crate::behaviours::Outcome;

const WRITERS: i32 = 64;

/// Waits until something is so, a minute at most.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Outcome {
    let waited = Instant::now();
    while !is_so() {
        if waited.elapsed() > Duration::from_secs(60) {
            return Err(format!("it never came about that {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Idempotent writes and reads, so many at once, until they are told to stop.
pub(crate) struct Load {
    workers: JoinSet<Vec<RequestError>>,
    is_over: Arc<AtomicBool>,
    requests: Arc<AtomicU32>,
}

impl Load {
    /// To a table of their own in this keyspace.
    pub(crate) async fn start(session: &Session, keyspace: &str) -> Result<Self, RequestError> {
        let table = format!("{keyspace}.load");
        session.query(format!("CREATE TABLE {table} (k int PRIMARY KEY, v int)"), ()).await?;
        let write = session.prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await?;
        let read = session.prepare(format!("SELECT v FROM {table} WHERE k = ?")).await?;
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
    pub(crate) async fn goes_on(&self, more: u32) -> Outcome {
        let target = self.requests.load(Ordering::Relaxed) + more;
        until("requests are made", || self.requests.load(Ordering::Relaxed) >= target).await
    }

    /// Ends them, none of which may have failed.
    pub(crate) async fn stop(mut self) -> Outcome {
        self.is_over.store(true, Ordering::Relaxed);
        let mut failures = Vec::new();
        while let Some(of_worker) = self.workers.join_next().await {
            failures.extend(of_worker?);
        }
        let requests = self.requests.load(Ordering::Relaxed);
        match failures.first() {
            Some(first) => Err(format!("{} of {requests} failed: {first}", failures.len()).into()),
            None => Ok(()),
        }
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use helenus::{PreparedStatement, QueryResult, RequestError, Session};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::behaviours::Outcome;

const WORKERS: usize = 64;
/// Nodes take their time to start on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);
/// How long a worker waits before its next request where nodes start and stop beside it. Faster, and coordinators have more
/// hints to write for a node that is away than they allow themselves, and refuse writes.
const REST: Duration = Duration::from_millis(50);

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Outcome {
    let waited = Instant::now();
    while !is_so() {
        if waited.elapsed() > LIMIT {
            return Err(format!("it never came about that {what}").into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Idempotent requests, so many at once, until they are told to stop.
pub(crate) struct Load {
    workers: JoinSet<Result<(), RequestError>>,
    is_over: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
}

impl Load {
    /// Writes and reads that leave the machine time for something else.
    pub(crate) async fn start(session: &Session, keyspace: &str) -> Result<Self, RequestError> {
        let write = write(session, keyspace).await?;
        let read = session.prepare(format!("SELECT k FROM {keyspace}.load WHERE k = ?")).await?;
        Ok(Self::of(session, &[write, read.with_idempotence(true)], REST, |_| ()))
    }

    /// Writes, as many as the cluster takes.
    pub(crate) async fn full(session: &Session, keyspace: &str) -> Result<Self, RequestError> {
        let write = write(session, keyspace).await?;
        Ok(Self::of(session, &[write], Duration::ZERO, |_| ()))
    }

    /// Writes that leave the machine time for something else, with a look at each of their results.
    pub(crate) async fn seen(
        session: &Session,
        keyspace: &str,
        look: impl Fn(&QueryResult) + Clone + Send + Sync + 'static,
    ) -> Result<Self, RequestError> {
        Ok(Self::of(session, &[write(session, keyspace).await?], REST, look))
    }

    fn of(
        session: &Session,
        statements: &[PreparedStatement],
        rest: Duration,
        look: impl Fn(&QueryResult) + Clone + Send + Sync + 'static,
    ) -> Self {
        let (is_over, served) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let mut workers = JoinSet::new();
        for worker in (0_i32..).take(WORKERS) {
            let (session, statements, look) = (session.clone(), statements.to_vec(), look.clone());
            let (is_over, served) = (Arc::clone(&is_over), Arc::clone(&served));
            workers.spawn(async move {
                for k in (worker..).step_by(WORKERS) {
                    for statement in &statements {
                        if is_over.load(Ordering::Relaxed) {
                            return Ok(());
                        }
                        look(&session.execute(statement, (k,)).await?);
                        served.fetch_add(1, Ordering::Relaxed);
                        if !rest.is_zero() {
                            sleep(rest).await;
                        }
                    }
                }
                Ok(())
            });
        }
        Self { workers, is_over, served }
    }

    /// Requests that were answered.
    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Requests a second, measured for so long.
    pub(crate) async fn rate(&self, time: Duration) -> f64 {
        let (before, begun) = (self.served(), Instant::now());
        sleep(time).await;
        (self.served() - before) as f64 / begun.elapsed().as_secs_f64()
    }

    /// Waits until so many more requests have been answered.
    pub(crate) async fn goes_on(&mut self, more: u64) -> Outcome {
        let target = self.served() + more;
        let served = Arc::clone(&self.served);
        self.until("requests are answered", || served.load(Ordering::Relaxed) >= target).await
    }

    /// Waits until something is so; fails as soon as a request has.
    pub(crate) async fn until(&mut self, what: &str, mut is_so: impl FnMut() -> bool) -> Outcome {
        let mut ended = Ok(());
        let workers = &mut self.workers;
        until(what, || match workers.try_join_next() {
            Some(outcome) => {
                ended = outcome.map_err(Into::into).and_then(|outcome| Ok(outcome?));
                true
            }
            None => is_so(),
        })
        .await?;
        ended
    }

    /// Ends them, none of which may have failed.
    pub(crate) async fn stop(mut self) -> Outcome {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.workers.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// A write to a table of its own in this keyspace.
async fn write(session: &Session, keyspace: &str) -> Result<PreparedStatement, RequestError> {
    session
        .query(format!("CREATE TABLE IF NOT EXISTS {keyspace}.load (k int PRIMARY KEY)"), ())
        .await?;
    let write = session.prepare(format!("INSERT INTO {keyspace}.load (k) VALUES (?)")).await?;
    Ok(write.with_idempotence(true))
}

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use helenus_protocol::{
    Consistency, FrameFlags, Prepare, Prepared, Query, QueryParameters, Request, Response,
};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::{WarmUp, WarmUpProgress};
use crate::PreparedStatement;
use crate::connection::{Connection, Term};
use crate::statement::{StatementCache, StatementOptions};

/// Requests of a warm-up that are under way at once on one connection.
const PIPELINED: usize = 16;

/// Warms connections up, as all pools of a session want it.
#[derive(Debug)]
pub(crate) struct Warmer {
    config: WarmUp,
    permits: Semaphore,
    statements: Arc<StatementCache>,
    nodes: AtomicUsize,
    warmed: AtomicUsize,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Warmed {
    pub(crate) requests: usize,
    pub(crate) failures: usize,
}

impl Warmed {
    pub(crate) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.failures += other.failures;
    }
}

impl Warmer {
    /// Keeps what it prepares among `statements`, and prepares those that are there already.
    pub(crate) fn new(config: WarmUp, statements: Arc<StatementCache>) -> Self {
        Self {
            permits: Semaphore::new(config.parallelism),
            config,
            statements,
            nodes: AtomicUsize::new(0),
            warmed: AtomicUsize::new(0),
        }
    }

    /// When the connections are to be warmed up again.
    #[cfg(feature = "schedule")]
    pub(crate) fn cron(&self) -> Option<super::Cron> {
        self.config.cron.clone()
    }

    /// There is one more node to warm up.
    pub(crate) fn add_node(&self) {
        self.nodes.fetch_add(1, Ordering::Relaxed);
    }

    /// There is one less, which `was_warmed` or not.
    pub(crate) fn remove_node(&self, was_warmed: bool) {
        self.nodes.fetch_sub(1, Ordering::Relaxed);
        self.warmed.fetch_sub(usize::from(was_warmed), Ordering::Relaxed);
    }

    /// Tells of a node that has been warmed up, for the first time or again.
    pub(crate) fn report(&self, node: SocketAddr, is_first: bool, warmed: Warmed, took: Duration) {
        let before = self.warmed.fetch_add(usize::from(is_first), Ordering::Relaxed);
        let Warmed { requests, failures } = warmed;
        let progress = WarmUpProgress {
            node,
            warmed_nodes: before + usize::from(is_first),
            nodes: self.nodes.load(Ordering::Relaxed),
            requests,
            failures,
            took,
        };
        tracing::debug!(?progress, "node warmed up");
        if let Some(told) = &self.config.on_progress {
            told(&progress);
        }
    }

    /// Runs the queries on a connection, and teaches its node the statements if it is the first to the node. Somebody
    /// must keep the connection alive meanwhile.
    pub(crate) async fn warm(&self, connection: &Arc<Connection>, is_first: bool) -> Warmed {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        let deadline = Instant::now() + self.config.timeout;
        let known = if is_first { self.known() } else { Vec::new() };
        let prepares = stream::iter(known)
            .map(|cql| async move { self.prepare(connection, cql, deadline).await.is_some() });
        let queries = &self.config.queries;
        let queries = stream::iter(0..queries.len())
            .map(|index| async move { run(connection, &queries[index], deadline).await.is_some() });
        let done = prepares.buffer_unordered(PIPELINED).chain(queries.buffer_unordered(PIPELINED));
        let done: Vec<bool> = done.collect().await;
        let failures = done.iter().filter(|has_worked| !**has_worked).count();
        Warmed { requests: done.len(), failures }
    }

    /// The statements that are to be prepared, and those that the session has prepared.
    fn known(&self) -> Vec<String> {
        let mut known = self.config.statements.clone();
        let is_new = |cql: &String| !self.config.statements.contains(cql);
        known.extend(self.statements.texts().into_iter().filter(is_new));
        known
    }

    async fn prepare(
        &self,
        connection: &Arc<Connection>,
        cql: String,
        deadline: Instant,
    ) -> Option<()> {
        let request = Request::Prepare(Prepare { cql: &cql, keyspace: None });
        let generation = self.statements.generation();
        match ask(connection, &request, deadline).await? {
            Response::Prepared(prepared) => {
                self.keep(cql, prepared, generation);
                Some(())
            }
            _ => None,
        }
    }

    fn keep(&self, cql: String, prepared: Prepared, generation: u64) {
        match self.statements.get(&cql) {
            Some(known) => {
                known.take_prepared(prepared);
            }
            None => {
                let options = StatementOptions::default();
                let statement = PreparedStatement::new(cql, prepared, options);
                self.statements.insert(statement, generation);
            }
        }
    }
}

async fn run(connection: &Arc<Connection>, cql: &str, deadline: Instant) -> Option<()> {
    let parameters =
        QueryParameters { consistency: Consistency::LocalOne, ..QueryParameters::default() };
    match ask(connection, &Request::Query(Query { cql, parameters }), deadline).await? {
        Response::Error(error) => {
            tracing::warn!(node = %connection.address(), cql, %error, "a query of the warm-up failed");
            None
        }
        _ => Some(()),
    }
}

async fn ask(
    connection: &Arc<Connection>,
    request: &Request<'_>,
    deadline: Instant,
) -> Option<Response> {
    let term = Term { sent: Instant::now(), deadline };
    let sent = connection.send(request, FrameFlags::NONE, term, None).ok()?;
    Some(sent.decoded().await.ok()?.response)
}

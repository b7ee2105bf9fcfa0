use std::fmt;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use helenus_policies::RetryBudget;
use helenus_protocol::{BoundValues, EncodeRow, Token};
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use super::execution::Execution;
use super::gate::Gate;
use super::limiter::Limiter;
use super::{SessionBuilder, SessionConfig};
use crate::cluster::ClusterHandle;
use crate::metrics::{Counters, Metrics};
use crate::pool::is_use;
use crate::statement::{Bound, StatementCache, StatementOptions};
use crate::{
    Batch, Pages, PreparedStatement, QueryResult, RequestError, RequestErrorKind, Statement,
};

/// A cluster, ready for requests. Clones share everything; make one session and use it from all tasks.
///
/// ```
/// use helenus::Session;
/// use helenus_testkit::EmbeddedCluster;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = EmbeddedCluster::start(1).await?;
/// let session = Session::builder().contact_points(cluster.contact_points()).build().await?;
/// session.query("CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", ()).await?;
/// session.query("CREATE TABLE app.users (id int PRIMARY KEY, name text)", ()).await?;
///
/// let insert = session.prepare("INSERT INTO app.users (id, name) VALUES (?, ?)").await?;
/// session.execute(&insert, (1, "ann")).await?;
///
/// let select = session.prepare("SELECT name FROM app.users WHERE id = ?").await?;
/// let result = session.execute(&select, (1,)).await?;
/// let (name,) = result.one_row::<(&str,)>()?;
/// assert_eq!(name, "ann");
///
/// session.shutdown(std::time::Duration::from_secs(5)).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    pub(super) inner: Arc<Inner>,
    /// The profile of requests whose statements choose none.
    pub(super) profile: Option<Arc<str>>,
}

pub(super) struct Inner {
    pub(super) cluster: ClusterHandle,
    pub(super) config: SessionConfig,
    pub(super) statements: Arc<StatementCache>,
    pub(super) counters: Counters,
    pub(super) gate: Gate,
    /// Where the session limits its requests.
    pub(super) limiter: Option<Limiter>,
    pub(super) budget: Arc<RetryBudget>,
}

impl Session {
    /// What a session is made with.
    pub fn builder() -> SessionBuilder {
        SessionBuilder::default()
    }

    pub(super) fn new(
        cluster: ClusterHandle,
        config: SessionConfig,
        statements: Arc<StatementCache>,
        budget: Arc<RetryBudget>,
    ) -> Self {
        Self {
            profile: None,
            inner: Arc::new(Inner {
                cluster,
                limiter: config.limits.is_any().then(|| Limiter::new(&config.limits)),
                config,
                statements,
                counters: Counters::default(),
                gate: Gate::default(),
                budget,
            }),
        }
    }

    /// Runs a CQL text, and gives all its rows.
    ///
    /// With values it is prepared first, since only the server knows what types its markers have; the session keeps
    /// what it prepares. A statement that changes the schema returns once all nodes have the change.
    ///
    /// # Errors
    /// Values that do not match the markers, an error of the server that no retry mended, no answer in time.
    pub async fn query(
        &self,
        statement: impl Into<Statement>,
        values: impl EncodeRow,
    ) -> Result<QueryResult, RequestError> {
        let statement = statement.into();
        if is_use(&statement.cql) {
            return Box::pin(self.switch_keyspace(&statement.cql)).await;
        }
        if BoundValues::encode(&values, &[]).is_err() {
            let prepared = self.prepare(statement).await?;
            return self.execute(&prepared, values).await;
        }
        let mut result = self.query_page(&statement, None).await?;
        while let Some(state) = result.paging_state() {
            let next = self.query_page(&statement, Some(state)).await?;
            result.append(next);
        }
        Ok(result)
    }

    async fn query_page(
        &self,
        statement: &Statement,
        paging_state: Option<&[u8]>,
    ) -> Result<QueryResult, RequestError> {
        let call = Call::Query(&statement.cql);
        Execution::new(self, call, &statement.options, paging_state).run().await
    }

    /// Prepares a statement, or finds it among those that the session has prepared.
    ///
    /// Nodes that do not know it yet learn it when it is first run there.
    ///
    /// # Errors
    /// A statement that the server refuses, no answer in time.
    pub async fn prepare(
        &self,
        statement: impl Into<Statement>,
    ) -> Result<PreparedStatement, RequestError> {
        let Statement { cql, options } = statement.into();
        let generation = self.inner.statements.generation();
        let known = match self.inner.statements.get(&cql) {
            Some(known) => known,
            None => {
                let prepared =
                    Execution::new(self, Call::Prepare(&cql), &options, None).prepare().await?;
                let statement = PreparedStatement::new(cql, prepared, StatementOptions::default());
                self.inner.statements.insert(statement.clone(), generation);
                statement
            }
        };
        let mut prepared = PreparedStatement { options, ..known };
        prepared.options.is_idempotent |=
            self.inner.config.infers_idempotence && prepared.shared.facts.is_idempotent;
        Ok(prepared)
    }

    /// Runs a prepared statement, and gives all its rows.
    ///
    /// They are fetched page by page, but all are held at once: for results that may be large there is
    /// [`pages`](Self::pages).
    ///
    /// # Errors
    /// Values that do not match the markers, an error of the server that no retry mended, no answer in time.
    pub async fn execute(
        &self,
        statement: &PreparedStatement,
        values: impl EncodeRow,
    ) -> Result<QueryResult, RequestError> {
        let values = bind(statement, &values)?;
        let call = Call::of_prepared(statement, &values);
        match Execution::new(self, call, &statement.options, None).run().await {
            Ok(first) if first.paging_state().is_some() => {
                Box::pin(self.execute_rest(statement, &values, first)).await
            }
            done => done,
        }
    }

    /// Fetches the pages behind the first.
    async fn execute_rest(
        &self,
        statement: &PreparedStatement,
        values: &BoundValues,
        mut result: QueryResult,
    ) -> Result<QueryResult, RequestError> {
        while let Some(state) = result.paging_state() {
            let next = self.execute_page(statement, values, Some(state), false).await?;
            result.append(next);
        }
        Ok(result)
    }

    /// Runs a prepared statement page by page: each page is fetched when it is asked for.
    ///
    /// # Errors
    /// Values that do not match the markers.
    #[track_caller]
    pub fn pages(
        &self,
        statement: &PreparedStatement,
        values: impl EncodeRow,
    ) -> Result<Pages, RequestError> {
        let values = bind(statement, &values)?;
        let (begun_at, pools) = (Location::caller(), self.inner.cluster.pools());
        let holding = pools.leaks.as_ref().map(|leaks| leaks.hold(begun_at));
        Ok(Pages::new(self.clone(), statement.clone(), values.into_inner(), holding))
    }

    pub(crate) async fn execute_page(
        &self,
        statement: &PreparedStatement,
        values: &BoundValues,
        paging_state: Option<&[u8]>,
        is_ahead: bool,
    ) -> Result<QueryResult, RequestError> {
        let call = Call::of_prepared(statement, values);
        let mut execution = Execution::new(self, call, &statement.options, paging_state);
        match is_ahead {
            true => execution.run_ahead().await,
            false => execution.run().await,
        }
    }

    /// Runs a batch.
    ///
    /// # Errors
    /// An error of the server that no retry mended, no answer in time.
    pub async fn batch(&self, batch: &Batch) -> Result<QueryResult, RequestError> {
        Execution::new(self, Call::Batch(batch), &batch.options, None).run().await
    }

    /// The nodes that hold copies of a token of a keyspace, as the session knows them.
    pub fn replicas(&self, keyspace: &str, token: Token) -> Vec<SocketAddr> {
        let cluster = self.inner.cluster.snapshot();
        let table = cluster.replicas(keyspace);
        let replicas = table.map_or(&[][..], |table| table.replicas(token));
        let address = |node| cluster.topology().node(node).map(|node| node.address);
        replicas.iter().filter_map(|node| address(*node)).collect()
    }

    /// The session's figures, and its nodes with theirs.
    pub fn metrics(&self) -> Metrics {
        let cached = self.inner.statements.len();
        let requests = self.inner.gate.requests();
        let Inner { counters, budget, cluster, .. } = &*self.inner;
        counters.metrics(requests, budget, &cluster.snapshot(), cached)
    }

    /// Ends the session: new requests are refused, those under way may finish within `limit`, then every connection
    /// is closed. When it returns, no task and no socket of the session is left. A second call returns at once.
    pub async fn shutdown(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        self.inner.gate.close();
        if timeout_at(deadline, self.inner.gate.emptied()).await.is_err() {
            tracing::warn!(?limit, "requests are cut off by the shutdown");
        }
        self.inner.cluster.shut_down(deadline).await;
    }
}

pub(super) fn bind(
    statement: &PreparedStatement,
    values: &impl EncodeRow,
) -> Result<Bound, RequestError> {
    Bound::encode(values, statement.markers()).map_err(|error| {
        RequestError::new(statement.cql(), RequestErrorKind::Values(error), Vec::new(), 0)
    })
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

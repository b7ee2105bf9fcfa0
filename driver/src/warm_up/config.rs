use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::WarmUpProgress;
#[cfg(feature = "schedule")]
use super::{Cron, ScheduleError};

type OnProgress = Arc<dyn Fn(&WarmUpProgress) + Send + Sync>;

/// What is done on each new connection to a local node before requests are sent over it.
///
/// With a warm-up, [`SessionBuilder::build`](crate::SessionBuilder::build) returns once every local node that can be
/// reached has its connections, knows the statements, and has run the queries on each connection. A node that comes
/// back is warmed up again before it gets requests; so is every connection that is opened later.
///
/// ```
/// use helenus::{Session, WarmUp};
/// use helenus_testkit::EmbeddedCluster;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = EmbeddedCluster::start(3).await?;
/// let warm_up = WarmUp::new()
///     .with_query("SELECT release_version FROM system.local")
///     .with_statement("SELECT key FROM system.local WHERE key = ?")
///     .with_progress(|progress| println!("{} of {} nodes", progress.warmed_nodes, progress.nodes));
/// let session =
///     Session::builder().contact_points(cluster.contact_points()).warm_up(warm_up).build().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct WarmUp {
    pub(super) queries: Vec<String>,
    pub(super) statements: Vec<String>,
    pub(super) timeout: Duration,
    pub(super) parallelism: usize,
    #[cfg(feature = "schedule")]
    pub(super) cron: Option<Cron>,
    pub(super) on_progress: Option<OnProgress>,
}

impl Default for WarmUp {
    fn default() -> Self {
        Self::new()
    }
}

impl WarmUp {
    /// Opens the connections, and prepares what the session has prepared where a node comes back.
    pub fn new() -> Self {
        Self {
            queries: Vec::new(),
            statements: Vec::new(),
            timeout: Duration::from_secs(10),
            parallelism: 16,
            #[cfg(feature = "schedule")]
            cron: None,
            on_progress: None,
        }
    }

    /// Runs a text without values on each connection, with `LOCAL_ONE`. Its rows are thrown away.
    pub fn with_query(mut self, cql: impl Into<String>) -> Self {
        self.queries.push(cql.into());
        self
    }

    /// Prepares a statement on each node. [`Session::prepare`](crate::Session::prepare) then finds it prepared.
    pub fn with_statement(mut self, cql: impl Into<String>) -> Self {
        self.statements.push(cql.into());
        self
    }

    /// How long a connection may be warmed up; then it is used as it is. Default 10 s.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Connections that may be warmed up at once, at least 1. Default 16.
    pub fn with_parallelism(mut self, connections: usize) -> Self {
        self.parallelism = connections.max(1);
        self
    }

    /// Runs the queries on all connections again by a cron pattern in UTC, with seconds: second, minute, hour, day of
    /// the month, month, day of the week. `0 */30 * * * *` is every half hour.
    ///
    /// # Errors
    /// What is not such a pattern.
    #[cfg(feature = "schedule")]
    pub fn with_schedule(mut self, pattern: &str) -> Result<Self, ScheduleError> {
        self.cron = Some(pattern.parse()?);
        Ok(self)
    }

    /// Is told each time that a node has been warmed up. It is called by the task that keeps the node's connections:
    /// it must not block.
    pub fn with_progress(mut self, told: impl Fn(&WarmUpProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(told));
        self
    }
}

impl fmt::Debug for WarmUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WarmUp")
            .field("queries", &self.queries)
            .field("statements", &self.statements)
            .field("timeout", &self.timeout)
            .field("parallelism", &self.parallelism)
            .finish_non_exhaustive()
    }
}

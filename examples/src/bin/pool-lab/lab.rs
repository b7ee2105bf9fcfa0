use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use helenus::{PoolConfig, PoolSize, Session};
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::burst::BurstOptions;
use crate::latencies::Latencies;
use crate::load::{self, Demand, Figures};
use crate::sample::{Phase, Sample};

/// How long the node works on each request.
const SERVICE_TIME: Duration = Duration::from_millis(2);

/// Requests that the node works on at once: more than any pool here sends it.
const PARALLELISM: usize = 256;

/// How a pool is sized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fixed(u16),
    Adaptive,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(size) => write!(f, "fixed {size}"),
            Self::Adaptive => f.write_str("adaptive"),
        }
    }
}

/// A node, a session with one pool, and what is asked of it.
#[derive(Debug)]
pub(crate) struct Lab {
    kind: Kind,
    cluster: EmbeddedCluster,
    session: Session,
    demand: watch::Sender<Demand>,
    figures: Arc<Figures>,
    load: JoinHandle<()>,
}

impl Lab {
    pub(crate) async fn start(kind: Kind, options: &BurstOptions) -> Result<Self, Box<dyn Error>> {
        let cluster = EmbeddedCluster::start(1).await?;
        let session = Session::builder()
            .contact_points(cluster.contact_points())
            .pool(pool(kind, options))
            .build()
            .await?;
        session
            .query("CREATE KEYSPACE lab WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", ())
            .await?;
        session.query("CREATE TABLE lab.t (k int PRIMARY KEY, v text)", ()).await?;
        session.query("INSERT INTO lab.t (k, v) VALUES (1, 'one')", ()).await?;
        let select = session.prepare("SELECT v FROM lab.t WHERE k = ?").await?;
        session.execute(&select, (1,)).await?;
        cluster.inject(Fault::service_time(SERVICE_TIME, PARALLELISM).matching("lab.t")).leave();
        let figures = Arc::new(Figures {
            burst: Latencies::new()?,
            latest: Latencies::new()?,
            refused: AtomicU64::new(0),
        });
        let (demand, wanted) =
            watch::channel(Demand { phase: Phase::Before, rate: options.quiet_rate });
        let load = load::run(session.clone(), select, wanted, Arc::clone(&figures));
        let load = tokio::spawn(load);
        Ok(Self { kind, cluster, session, demand, figures, load })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.figures
    }

    pub(crate) fn set_load(&self, phase: Phase, rate: u32) {
        self.demand.send_replace(Demand { phase, rate });
    }

    pub(crate) fn sample(&self, at: Duration, phase: Phase) -> Sample {
        let metrics = self.session.metrics();
        let (connections, in_flight, waiting) = metrics
            .nodes
            .first()
            .map_or((0, 0, 0), |node| (node.connections, node.in_flight, node.waiting));
        let p99 = self.figures.latest.quantile(0.99);
        self.figures.latest.clear();
        Sample { at, phase, connections, in_flight, waiting, p99 }
    }

    /// How many of the burst's requests found no room in time.
    pub(crate) fn refused(&self) -> u64 {
        self.figures.refused.load(Ordering::Relaxed)
    }

    /// Ends the load, the session and the node.
    pub(crate) async fn shutdown(self) {
        self.load.abort();
        let _ = self.load.await;
        self.session.shutdown(Duration::from_secs(2)).await;
        self.cluster.shutdown().await;
    }
}

fn pool(kind: Kind, options: &BurstOptions) -> PoolConfig {
    let mut pool = PoolConfig::default();
    pool.sizes.local = match kind {
        Kind::Fixed(size) => PoolSize::fixed(size.into()),
        Kind::Adaptive => PoolSize::adaptive(options.min.into(), options.max.into()),
    };
    pool.sizes.max_requests_per_connection = options.requests.into();
    pool.scaling.requests_per_connection = options.requests.into();
    // A burst of seconds wants a pool that looks many times in each.
    pool.scaling.interval = Duration::from_millis(20);
    pool.scaling.cool_down = Duration::from_secs(1);
    pool.acquire_timeout = Duration::from_secs(1);
    pool
}

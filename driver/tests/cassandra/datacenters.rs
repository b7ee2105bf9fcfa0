use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use helenus::policies::{DcAware, TokenAware};
use helenus::{
    AttemptError, Consistency, PreparedStatement, RequestError, RequestErrorKind, Session,
};
use helenus_testkit::cassandra::{Error as LauncherError, Node};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use crate::behaviours::Outcome;
use crate::load::Load;
use crate::server::{SHUTDOWN, Server};

/// Requests that show where requests go.
const SAMPLE: u64 = 2000;
/// Nodes take their time to start on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// Both nodes of the local data center are killed under load, and started again.
///
/// Writes at TWO go on in the other data center meanwhile; those at `LOCAL_QUORUM` mean the local one and nothing else.
pub(crate) async fn the_loss_and_return_of_a_data_center_fails_no_idempotent_request(
    server: Server,
) -> Outcome {
    let roaming = session(&server, Consistency::Two).await?;
    let staying = session(&server, Consistency::LocalQuorum).await?;
    roaming.query("DROP KEYSPACE IF EXISTS datacenters", ()).await?;
    roaming
        .query(
            "CREATE KEYSPACE datacenters \
             WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 2, 'dc2': 2}",
            (),
        )
        .await?;
    let cluster = server.processes()?;
    let local: Vec<Node> =
        cluster.nodes().iter().filter(|node| node.dc() == "dc1").cloned().collect();
    let addresses: Vec<IpAddr> = local.iter().map(|node| node.address().ip()).collect();
    let mut writers = Writers::start(&roaming, &addresses).await?;
    let stays = Staying { insert: insert(&staying).await?, session: staying, local: &addresses };
    let at_home = |before: Tally| move |now: Tally| now.local >= before.local + SAMPLE;

    writers.until("there are writes in dc1", at_home(writers.tally())).await?;
    assert_eq!(writers.tally().remote, 0, "dc2 is asked while dc1 stands");
    stays.is_served().await?;

    writers.forget_pause();
    together(&local, Node::kill).await?;
    stays.is_refused().await?;
    let before = writers.tally();
    writers.until("there are writes in dc2", |now| now.remote >= before.remote + SAMPLE).await?;
    let loss = writers.tally();
    stays.is_refused().await?;

    writers.forget_pause();
    let before = writers.tally();
    let started = Instant::now();
    let returns = async {
        writers.until("there is a write in dc1 again", |now| now.local > before.local).await?;
        Outcome::Ok(started.elapsed())
    };
    let (are_ready, served) = tokio::join!(together(&local, Node::start), returns);
    are_ready?;
    let (served, ready) = (served?, Instant::now());
    writers.until("all writes are in dc1 again", writers.only_local()).await?;
    let all = ready.elapsed();
    while stays.write().await.is_err() {
        assert!(ready.elapsed() < LIMIT, "LOCAL_QUORUM is not served again");
        sleep(Duration::from_millis(20)).await;
    }
    let quorum = ready.elapsed();
    stays.is_served().await?;

    let end = writers.tally();
    println!(
        "at the loss no write ended for {:?} at most, at the return for {:?}; dc1 served {served:?} after its start, \
         all writes {all:?} and LOCAL_QUORUM {quorum:?} after both nodes were ready; {} writes in dc1, {} in dc2",
        loss.pause, end.pause, end.local, end.remote
    );
    writers.load.stop().await?;
    spawn_blocking(move || cluster.await_agreement()).await??;
    roaming.query("DROP KEYSPACE datacenters", ()).await?;
    stays.session.shutdown(SHUTDOWN).await;
    roaming.shutdown(SHUTDOWN).await;
    Ok(())
}

/// Its home is dc1, and it may go to dc2.
async fn session(
    server: &Server,
    consistency: Consistency,
) -> Result<Session, helenus::BuildError> {
    let policy = TokenAware::new(DcAware::new("dc1").with_remote_hosts(2));
    server.builder().load_balancing(Arc::new(policy)).consistency(consistency).build().await
}

async fn insert(session: &Session) -> Result<PreparedStatement, RequestError> {
    let insert = session.prepare("INSERT INTO datacenters.load (k) VALUES (?)").await?;
    Ok(insert.with_idempotence(true))
}

/// Does it to all nodes at the same time.
async fn together(nodes: &[Node], act: fn(&Node) -> Result<(), LauncherError>) -> Outcome {
    let mut acts = JoinSet::new();
    for node in nodes {
        let node = node.clone();
        acts.spawn_blocking(move || act(&node));
    }
    while let Some(done) = acts.join_next().await {
        done??;
    }
    Ok(())
}

/// Requests that only the local data center may serve.
struct Staying<'a> {
    session: Session,
    insert: PreparedStatement,
    local: &'a [IpAddr],
}

impl Staying<'_> {
    const REQUESTS: usize = 100;

    async fn write(&self) -> Result<(), RequestError> {
        let result = self.session.execute(&self.insert, (-1,)).await?;
        let coordinator = result.coordinator().ip();
        assert!(self.local.contains(&coordinator), "{coordinator} served LOCAL_QUORUM");
        Ok(())
    }

    async fn is_served(&self) -> Outcome {
        for _ in 0..Self::REQUESTS {
            self.write().await?;
        }
        Ok(())
    }

    /// Each fails at once, and the last ones, when no connection is left, for want of a node.
    async fn is_refused(&self) -> Outcome {
        let mut last = None;
        for _ in 0..Self::REQUESTS {
            let begun = Instant::now();
            let error = self.write().await.err().ok_or("LOCAL_QUORUM was served without dc1")?;
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}: {error}", begun.elapsed());
            match error.kind() {
                RequestErrorKind::NoNode
                | RequestErrorKind::Failed {
                    error: AttemptError::NotConnected(_) | AttemptError::ConnectionLost(_),
                    ..
                } => last = Some(error),
                other => return Err(format!("an unclear failure: {other:?}").into()),
            }
        }
        let message = last.map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("Check that nodes of the local data center are up"), "{message}");
        Ok(())
    }
}

/// Where writes were served, and the longest time in which none was.
#[derive(Debug, Clone, Copy)]
struct Tally {
    local: u64,
    remote: u64,
    last: Instant,
    pause: Duration,
}

/// A load whose requests are told apart by where they were served.
struct Writers {
    load: Load,
    tally: Arc<Mutex<Tally>>,
}

impl Writers {
    async fn start(session: &Session, local: &[IpAddr]) -> Result<Self, RequestError> {
        let tally = Tally { local: 0, remote: 0, last: Instant::now(), pause: Duration::ZERO };
        let tally = Arc::new(Mutex::new(tally));
        let (count, local) = (Arc::clone(&tally), local.to_vec());
        let load = Load::seen(session, "datacenters", move |result| {
            count.lock().unwrap().count(local.contains(&result.coordinator().ip()));
        });
        Ok(Self { load: load.await?, tally })
    }

    fn tally(&self) -> Tally {
        *self.tally.lock().unwrap()
    }

    fn forget_pause(&self) {
        self.tally.lock().unwrap().pause = Duration::ZERO;
    }

    /// So many writes in the local data center with none elsewhere between them.
    fn only_local(&self) -> impl FnMut(Tally) -> bool + use<> {
        let mut since = self.tally();
        move |now| {
            if now.remote > since.remote {
                since = now;
            }
            now.local >= since.local + SAMPLE
        }
    }

    async fn until(&mut self, what: &str, mut is_so: impl FnMut(Tally) -> bool) -> Outcome {
        let tally = Arc::clone(&self.tally);
        self.load.until(what, move || is_so(*tally.lock().unwrap())).await
    }
}

impl Tally {
    fn count(&mut self, is_local: bool) {
        let now = Instant::now();
        self.pause = self.pause.max(now - self.last);
        self.last = now;
        *if is_local { &mut self.local } else { &mut self.remote } += 1;
    }
}

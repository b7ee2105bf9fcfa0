//! A cluster as large as they come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use helenus::policies::{Allow, HostList};
use helenus::{Consistency, RequestError, Session, Token};
use helenus_protocol::{Event, SchemaChange, SchemaChangeKind, SchemaTarget};
use helenus_testkit::EmbeddedCluster;
use tokio::task::{JoinSet, spawn_blocking};

use crate::behaviours::Outcome;
use crate::until;

const NODES: usize = 1_000;
const TOKENS: usize = 256;
const TABLES: usize = 10_000;
const CONNECTED: usize = 3;

/// Reads that go on until they are stopped.
struct Load {
    readers: JoinSet<Result<(), RequestError>>,
    is_over: Arc<AtomicBool>,
    served: Arc<AtomicU32>,
}

impl Load {
    async fn start(session: &Session) -> Result<Self, RequestError> {
        let select = session.prepare("SELECT v FROM big.t WHERE k = ?").await?;
        let (is_over, served) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let mut readers = JoinSet::new();
        for reader in 0..16 {
            let (session, select) = (session.clone(), select.clone());
            let (is_over, served) = (Arc::clone(&is_over), Arc::clone(&served));
            readers.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    session.execute(&select, (reader,)).await?;
                    served.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        Ok(Self { readers, is_over, served })
    }

    async fn goes_on(&self, more: u32) {
        let target = self.served.load(Ordering::Relaxed) + more;
        until("requests are served", || self.served.load(Ordering::Relaxed) >= target).await;
    }

    async fn stop(mut self) -> Outcome {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.readers.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// What takes long of a refresh waits here for a thread that is none of those that requests are on.
#[test]
fn a_refresh_of_a_thousand_nodes_and_ten_thousand_tables_takes_no_thread_from_requests() -> Outcome
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()?;
    runtime.block_on(refresh())
}

async fn refresh() -> Outcome {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", NODES).tokens_per_node(TOKENS).start().await?;
    cluster.load(
        "CREATE KEYSPACE big WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
         CREATE TABLE big.t (k int PRIMARY KEY, v text);",
    )?;
    let connected = HostList::default().with_addresses(cluster.addresses()[..CONNECTED].to_vec());
    let session = Session::builder()
        .contact_points(&cluster.contact_points()[..1])
        .host_filter(Arc::new(Allow(connected)))
        .consistency(Consistency::One)
        .event_debounce(Duration::from_millis(1))
        .build()
        .await?;
    assert_eq!(session.metrics().nodes.len(), NODES);
    let moved = cluster.nodes()[NODES / 2].clone();
    let token = Token(moved.tokens().next().ok_or("a node without tokens")?);
    let owner = || session.replicas("big", token);
    assert_eq!(owner(), [moved.address()]);

    let load = Load::start(&session).await?;
    load.goes_on(100).await;
    let reads = || cluster.requests().executing("FROM system.peers_v2").count();
    let before = reads();
    let (release, held) = mpsc::channel::<()>();
    let gate = spawn_blocking(move || held.recv());
    cluster.move_node(NODES / 2, moved.tokens().map(|token| token - 1))?;
    until("the nodes are read again", || reads() > before).await;
    load.goes_on(1_000).await;
    assert_eq!(owner(), [moved.address()], "the refresh was done on a thread of requests");
    release.send(())?;
    gate.await??;
    until("the move is known", || owner() != [moved.address()]).await;
    load.goes_on(100).await;

    // What tables are made is nothing that requests go by: at most all is read once more, since events were lost.
    let before = reads();
    let created = SchemaChange {
        kind: SchemaChangeKind::Created,
        keyspace: "big".to_owned(),
        target: SchemaTarget::Table("one_more".to_owned()),
    };
    cluster.announce(Event::Schema(created), TABLES);
    load.goes_on(2_000).await;
    assert!(reads() < before + 10, "{} times", reads() - before);
    load.stop().await?;
    session.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

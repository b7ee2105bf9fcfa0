//! What a session makes of nodes that join, leave, move and are replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use helenus::policies::{DcAware, TokenAware};
use helenus::{Consistency, RequestError, Session, SessionBuilder, Token};
use helenus_testkit::{EmbeddedCluster, Node};
use tokio::task::JoinHandle;

use crate::behaviours::{Outcome, keyspace};
use crate::{builder, in_turn, soon, until};

/// A session that hears of changes at once, and finds out soon when nothing comes back.
fn alert(cluster: &EmbeddedCluster) -> SessionBuilder {
    builder(cluster)
        .reconnection(soon())
        .consistency(Consistency::One)
        .event_debounce(Duration::from_millis(5))
        .connection(|connection| {
            connection.heartbeat_interval = Duration::from_millis(30);
            connection.heartbeat_timeout = Duration::from_secs(1);
        })
}

/// Whether the session knows the cluster's nodes, and reaches those that are up and no others.
fn knows(session: &Session, nodes: &[Node]) -> bool {
    let known = session.metrics().nodes;
    known.len() == nodes.len()
        && nodes.iter().all(|node| {
            known.iter().any(|seen| {
                (seen.address, seen.host_id, seen.is_up)
                    == (node.address(), node.host_id(), node.is_up())
            })
        })
}

/// Idempotent writes that go on until they are stopped.
struct Load {
    is_over: Arc<AtomicBool>,
    written: Arc<AtomicU32>,
    writers: Vec<JoinHandle<Result<(), RequestError>>>,
}

impl Load {
    async fn start(session: &Session) -> Result<Self, RequestError> {
        session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
        let insert =
            session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?.with_idempotence(true);
        let (is_over, written) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let writers = (0..8).map(|writer| {
            let (session, insert) = (session.clone(), insert.clone());
            let (is_over, written) = (Arc::clone(&is_over), Arc::clone(&written));
            tokio::spawn(async move {
                for k in (writer..).step_by(8) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    session.execute(&insert, (k,)).await?;
                    written.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        });
        let writers = writers.collect();
        Ok(Self { is_over, written, writers })
    }

    async fn goes_on(&self) {
        let target = self.written.load(Ordering::Relaxed) + 200;
        until("writes go on", || self.written.load(Ordering::Relaxed) >= target).await;
    }

    /// Ends the writes, of which none may have failed.
    async fn end(self) -> Outcome {
        self.is_over.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await??;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_join_and_leave_while_requests_go_on() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = alert(&cluster).build().await?;
    keyspace(&session, "ks", 2).await?;
    let load = Load::start(&session).await?;
    let added = cluster.add_node("datacenter1", "rack1").await?;
    until("the new node is known", || knows(&session, &cluster.nodes())).await;
    until("it gets requests", || {
        cluster.requests().on(&added).executing("INSERT INTO ks.t").count() > 0
    })
    .await;
    load.goes_on().await;
    for _ in 0..2 {
        cluster.decommission(0).await?;
        until("the old node is gone", || knows(&session, &cluster.nodes())).await;
        load.goes_on().await;
    }
    load.end().await
}

#[tokio::test]
async fn a_node_that_moves_is_routed_to_by_its_new_tokens() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = alert(&cluster).build().await?;
    keyspace(&session, "ks", 1).await?;
    let moving = cluster.nodes().remove(2);
    let is_owner = |token| session.replicas("ks", Token(token)) == [moving.address()];
    let [far, behind] = [i64::MIN / 2, i64::MAX / 2];
    cluster.move_node(2, [far])?;
    until("the new token is known", || is_owner(far) && !is_owner(far + 1)).await;
    cluster.move_node(2, [behind])?;
    until("the next one is, too", || is_owner(behind) && !is_owner(far)).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_replaced_is_known_by_its_new_address() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = alert(&cluster).build().await?;
    keyspace(&session, "ks", 2).await?;
    let load = Load::start(&session).await?;
    for is_the_same in [true, false] {
        let new = match is_the_same {
            true => cluster.change_address(1).await?,
            false => cluster.replace(1).await?,
        };
        until("the new address is known", || knows(&session, &cluster.nodes())).await;
        until("the new node gets requests", || {
            cluster.requests().on(&new).executing("INSERT INTO ks.t").count() > 0
        })
        .await;
        load.goes_on().await;
    }
    load.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_center_that_is_cut_off_costs_the_other_nothing() -> Outcome {
    let cluster =
        EmbeddedCluster::builder().datacenter("dc1", 2).datacenter("dc2", 2).start().await?;
    let policy = TokenAware::new(DcAware::new("dc1").with_remote_hosts(2));
    let session = alert(&cluster).load_balancing(Arc::new(policy)).build().await?;
    session
        .query(
            "CREATE KEYSPACE ks WITH replication = \
             {'class': 'NetworkTopologyStrategy', 'dc1': 2, 'dc2': 2}",
            (),
        )
        .await?;
    let load = Load::start(&session).await?;
    until("all nodes are connected", || knows(&session, &cluster.nodes())).await;
    for _ in 0..2 {
        cluster.cut_off("dc2")?;
        until("dc2 is known to be down", || knows(&session, &cluster.nodes())).await;
        load.goes_on().await;
        cluster.bring_back("dc2")?;
        until("dc2 is back", || knows(&session, &cluster.nodes())).await;
    }
    load.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_idempotent_request() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = alert(&cluster).build().await?;
    keyspace(&session, "ks", 2).await?;
    let load = Load::start(&session).await?;
    load.goes_on().await;
    // The session may not have noticed yet that it lost its connections; the nodes have.
    let all_are_whole = |cluster: &EmbeddedCluster| {
        cluster.nodes().iter().all(|node| node.connections() >= 2)
            && session.metrics().nodes.iter().all(|node| node.connections == 2)
    };
    cluster.rolling_restart(Duration::from_secs(20), all_are_whole).await?;
    assert!(cluster.nodes().iter().all(Node::is_up));
    load.end().await
}

#[tokio::test]
async fn a_change_of_the_schema_waits_until_the_nodes_agree() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let session = alert(&cluster).build().await?;
    keyspace(&session, "ks", 2).await?;
    cluster.disagree_on_schema(2)?;
    cluster.forget_statements();
    let changing = tokio::spawn({
        let session = session.clone();
        async move { session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await }
    });
    let asked = || cluster.requests().executing("schema_version").count();
    until("the versions were compared more than once", || asked() > 2).await;
    assert!(!changing.is_finished());
    cluster.agree_on_schema(2)?;
    changing.await??;
    Ok(())
}

#[tokio::test]
async fn nodes_that_share_an_address_are_told_apart_by_their_ports() -> Outcome {
    let cluster = EmbeddedCluster::builder().datacenter("dc1", 3).one_address(9142).start().await?;
    let contact = Session::builder().contact_point(cluster.addresses()[1]);
    let session = contact.load_balancing(in_turn()).build().await?;
    assert!(knows(&session, &cluster.nodes()));
    keyspace(&session, "ks", 2).await?;
    session.query("CREATE TABLE ks.t (k int PRIMARY KEY)", ()).await?;
    let insert = session.prepare("INSERT INTO ks.t (k) VALUES (?)").await?;
    for k in 0..100 {
        session.execute(&insert, (k,)).await?;
    }
    for node in cluster.nodes() {
        cluster.requests().on(&node).executing("INSERT").assert_some();
    }
    Ok(())
}

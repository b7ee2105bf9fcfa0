use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_policies::{RetryBudget, RoundRobin};
use helenus_testkit::EmbeddedCluster;
use tokio::task::JoinHandle;

use crate::pool::Pool;
use crate::{QueryResult, RequestError, Session, Statement};

async fn cluster(nodes: usize, credit: u32) -> (EmbeddedCluster, Session) {
    let cluster = EmbeddedCluster::start(nodes).await.unwrap();
    let budget = RetryBudget::new(Instant::now()).with_reserve(0).with_credit(credit);
    let session = Session::builder()
        .contact_points(cluster.contact_points())
        .load_balancing(Arc::new(RoundRobin))
        .retry_budget(Arc::new(budget.with_ratio(0.0).with_minimum_per_second(0)))
        .build()
        .await
        .unwrap();
    (cluster, session)
}

type Request = JoinHandle<Result<QueryResult, RequestError>>;

/// Freezes both nodes, makes a request, and has the node suspected that was asked.
async fn ask_and_suspect(
    cluster: &EmbeddedCluster,
    session: &Session,
    is_idempotent: bool,
) -> (Request, Arc<Pool>) {
    [0, 1].into_iter().for_each(|node| cluster.freeze(node).unwrap());
    let statement = Statement::new("SELECT key FROM system.local").with_idempotence(is_idempotent);
    let asking = session.clone();
    let request = tokio::spawn(async move { asking.query(statement, ()).await });
    until(|| asked(session).len() == 1).await;
    let suspect = asked(session).remove(0);
    suspect.suspect_all(true);
    (request, suspect)
}

fn thaw(cluster: &EmbeddedCluster, address: SocketAddr) {
    let node = cluster.addresses().iter().position(|node| *node == address).unwrap();
    cluster.thaw(node).unwrap();
}

/// The nodes whose answers are awaited.
fn asked(session: &Session) -> Vec<Arc<Pool>> {
    let snapshot = session.inner.cluster.snapshot();
    snapshot.pools().iter().filter(|pool| pool.in_flight() > 0).cloned().collect()
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let waited = Instant::now();
    while !is_so() {
        assert!(waited.elapsed() < Duration::from_secs(20), "it never came about");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_request_whose_node_is_suspected_asks_the_next_one_and_takes_the_first_answer() {
    let (cluster, session) = cluster(2, 9).await;
    let (request, suspect) = ask_and_suspect(&cluster, &session, true).await;
    until(|| asked(&session).len() == 2).await;
    assert_eq!(session.metrics().speculations, 1);
    // Neither a second suspicion of the same node nor one of the last node asks another one.
    asked(&session).iter().for_each(|pool| {
        pool.suspect_all(false);
        pool.suspect_all(true);
    });
    let other = asked(&session).into_iter().find(|pool| !Arc::ptr_eq(pool, &suspect)).unwrap();
    let address = other.node().address;
    thaw(&cluster, address);
    let result = request.await.unwrap().unwrap();
    assert_eq!((result.coordinator(), result.info().speculations()), (address, 1));
    assert_eq!(session.metrics().speculations, 1);
}

#[tokio::test]
async fn the_suspected_node_may_still_answer_first() {
    let (cluster, session) = cluster(2, 9).await;
    let (request, suspect) = ask_and_suspect(&cluster, &session, true).await;
    until(|| asked(&session).len() == 2).await;
    let address = suspect.node().address;
    thaw(&cluster, address);
    assert_eq!(request.await.unwrap().unwrap().coordinator(), address);
}

#[tokio::test]
async fn neither_what_is_not_idempotent_nor_what_the_budget_refuses_is_asked_twice() {
    for (is_idempotent, credit, refused) in [(false, 9, 0), (true, 0, 1)] {
        let (cluster, session) = cluster(2, credit).await;
        let (request, suspect) = ask_and_suspect(&cluster, &session, is_idempotent).await;
        until(|| session.metrics().retries_refused == refused).await;
        [0, 1].into_iter().for_each(|node| cluster.thaw(node).unwrap());
        let result = request.await.unwrap().unwrap();
        assert_eq!(result.coordinator(), suspect.node().address);
        assert_eq!(session.metrics().speculations, 0);
    }
}

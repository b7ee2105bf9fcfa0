use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use helenus::{PoolConfig, WarmUp, WarmUpProgress};
use helenus_protocol::Opcode;
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::time::Instant;

use super::{Failure, SECOND, all, clients, connections, insert, writes};
use crate::behaviours::Outcome;
use crate::{builder, soon, until};

const QUERY: &str = "SELECT cql_version FROM system.local";
const STATEMENT: &str = "SELECT key FROM system.local WHERE key = ?";

/// What is told of a warm-up, in order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<WarmUpProgress>>>);

impl Told {
    fn of(&self, warm_up: WarmUp) -> WarmUp {
        let told = Arc::clone(&self.0);
        warm_up.with_progress(move |progress| told.lock().unwrap().push(progress.clone()))
    }

    fn all(&self) -> Vec<WarmUpProgress> {
        self.0.lock().unwrap().clone()
    }
}

fn warm_up() -> WarmUp {
    WarmUp::new().with_query(QUERY).with_statement(STATEMENT)
}

#[tokio::test(start_paused = true)]
async fn a_warmed_session_has_everything_when_it_is_built() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let told = Told::default();
    let session =
        builder(&cluster).pool(PoolConfig::fixed(2)).warm_up(told.of(warm_up())).build().await?;
    assert_eq!(connections(&session, &cluster), [2; 3]);
    for client in clients(&cluster) {
        cluster.requests().over(client.id).executing(QUERY).assert_count(1);
    }
    for node in cluster.nodes() {
        cluster.requests().on(&node).preparing(STATEMENT).assert_count(1);
    }
    let told = told.all();
    let warmed: Vec<_> = told.iter().map(|node| (node.warmed_nodes, node.nodes)).collect();
    assert_eq!(warmed, [(1, 3), (2, 3), (3, 3)]);
    assert!(told.iter().all(|node| (node.requests, node.failures) == (3, 0)), "{told:?}");
    let nodes: HashSet<_> = told.iter().map(|node| node.node).collect();
    assert_eq!(nodes, cluster.addresses().into_iter().collect());

    let statement = session.prepare(STATEMENT).await?;
    for _ in 0..30 {
        session.execute(&statement, ("local",)).await?;
    }
    cluster.requests().of(Opcode::Prepare).assert_count(3);
    assert_eq!(session.metrics().reprepared, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_node_that_comes_back_is_warm_before_it_gets_requests() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let told = Told::default();
    let session =
        builder(&cluster).reconnection(soon()).warm_up(told.of(warm_up())).build().await?;
    let insert = insert(&session).await?;
    all(writes(&session, &insert, 20)).await?;
    let before = session.metrics().reprepared;
    cluster.stop(1).await?;
    until("the node is away", || connections(&session, &cluster)[1] == 0).await;
    cluster.forget_statements();
    cluster.restart(1).await?;
    let node = cluster.nodes().remove(1);
    until("it gets requests", || {
        drop(writes(&session, &insert, 1));
        cluster.requests().on(&node).executing("INSERT").count() > 0
    })
    .await;
    let requests = cluster.requests().on(&node);
    let first = requests.iter().position(|r| r.opcode == Opcode::Execute).unwrap();
    let before_it = |what: &str| {
        requests.iter().take(first).any(|request| {
            request.statements.iter().any(|statement| statement.cql().contains(what))
        })
    };
    assert!(before_it(QUERY) && before_it(STATEMENT) && before_it("INSERT"), "{requests:?}");
    until("it is whole", || connections(&session, &cluster) == [2, 2]).await;
    all(writes(&session, &insert, 20)).await?;
    assert_eq!(session.metrics().reprepared, before);
    let last = told.all().pop().unwrap();
    assert_eq!((last.node, last.warmed_nodes, last.nodes), (node.address(), 2, 2));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_that_fails_or_hangs_keeps_nobody_from_starting() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let told = Told::default();
    let wrong = warm_up().with_query("SELECT nothing FROM nowhere.at_all");
    let session = builder(&cluster)
        .pool(PoolConfig::fixed(1))
        .warm_up(told.of(wrong.with_statement("SELECT")))
        .build()
        .await?;
    session.query(QUERY, ()).await?;
    assert_eq!(told.all().iter().map(|node| (node.requests, node.failures)).next(), Some((4, 2)));

    let _hangs = cluster.inject(Fault::drop_answers().matching("cql_version"));
    let begun = Instant::now();
    let hanging = warm_up().with_timeout(SECOND * 3);
    let session = builder(&cluster).warm_up(hanging).build().await?;
    assert_eq!(begun.elapsed().as_secs(), 3);
    session.query("SELECT key FROM system.local", ()).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn as_many_connections_are_warmed_up_at_once_as_may_be() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let _slow = cluster.inject(Fault::delay(SECOND).matching("cql_version"));
    for (parallelism, seconds) in [(2, 3), (16, 1)] {
        let begun = Instant::now();
        let warm_up = WarmUp::new().with_query(QUERY).with_parallelism(parallelism);
        let pool = PoolConfig::fixed(2);
        let _session = builder(&cluster).pool(pool).warm_up(warm_up).build().await?;
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
    Ok(())
}

#[cfg(feature = "schedule")]
#[tokio::test]
async fn connections_are_warmed_up_again_by_the_clock() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let warm_up = warm_up().with_schedule("* * * * * *")?;
    let _session = builder(&cluster).pool(PoolConfig::fixed(2)).warm_up(warm_up).build().await?;
    cluster.forget_statements();
    let begun = Instant::now();
    until("each is warm again, and again", || {
        clients(&cluster)
            .iter()
            .all(|client| cluster.requests().over(client.id).executing(QUERY).count() >= 2)
    })
    .await;
    assert!(begun.elapsed() > SECOND, "once a second is what was wanted");
    cluster.requests().of(Opcode::Prepare).assert_none();
    assert!(WarmUp::new().with_schedule("every now and then").is_err());
    Ok(())
}

/// How long the first thousand requests of a session took, and those of its steady state: the 99th of a hundred.
async fn first_and_steady(warm_up: Option<WarmUp>) -> Result<[Duration; 2], Failure> {
    const SELECT: &str = "SELECT v FROM ks.t WHERE k = ?";
    let cluster = EmbeddedCluster::start(6).await?;
    cluster.load(
        "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
         CREATE TABLE ks.t (k int PRIMARY KEY, v text);",
    )?;
    // What nodes take for a request, and for preparing a statement.
    let _busy = cluster.inject(Fault::delay(Duration::from_millis(2)).matching("ks.t"));
    let mut builder = builder(&cluster).pool(PoolConfig::fixed(2));
    if let Some(warm_up) = warm_up {
        builder = builder.warm_up(warm_up.with_statement(SELECT));
    }
    let session = builder.build().await?;
    let select = &session.prepare(SELECT).await?;
    let mut p99s = Vec::new();
    for requests in [1000, 2000, 1000] {
        let request = |k: i32| {
            let session = &session;
            async move {
                let asked = Instant::now();
                session.execute(select, (k,)).await.map(|_| asked.elapsed())
            }
        };
        let all = stream::iter((0..requests).map(request)).buffer_unordered(32);
        let mut times: Vec<_> = all.try_collect().await?;
        times.sort();
        p99s.push(times[times.len() * 99 / 100]);
    }
    session.shutdown(SECOND).await;
    Ok([p99s[0], p99s[2]])
}

#[tokio::test(start_paused = true)]
async fn the_first_requests_of_a_warmed_session_are_as_quick_as_all_others() -> Outcome {
    let [first, steady] = first_and_steady(Some(WarmUp::new())).await?;
    assert!(first <= steady.mul_f64(1.2), "{first:?}, then {steady:?}");
    let [cold, steady] = first_and_steady(None).await?;
    println!("p99: {first:?} with a warm-up, {cold:?} without, {steady:?} in the steady state");
    // Each node must be taught the statement: three times the way of one request.
    assert!(cold >= steady * 2, "{cold:?}, then {steady:?}");
    Ok(())
}

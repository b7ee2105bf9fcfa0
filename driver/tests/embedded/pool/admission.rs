use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use helenus::policies::{Backoff, Priority};
use helenus::{
    Consistency, ErrorKind, ExecutionProfile, PoolConfig, PoolExhausted, RequestError,
    RequestErrorKind, Session,
};
use helenus_testkit::{EmbeddedCluster, Fault, InjectedFault};
use tokio::time::Instant;

use super::{Failure, SECOND, all, insert, pool, writes};
use crate::behaviours::Outcome;
use crate::in_order::{InOrder, Ordered};
use crate::{builder, soon, until};

/// One connection to each node, with room for two requests.
fn narrow(change: impl FnOnce(&mut PoolConfig)) -> PoolConfig {
    pool(1, |pool| {
        pool.sizes.max_requests_per_connection = 2;
        change(pool);
    })
}

fn exhausted(error: &RequestError) -> &PoolExhausted {
    match error.kind() {
        RequestErrorKind::PoolExhausted(exhausted) => exhausted,
        other => panic!("{other}"),
    }
}

/// A node on which `insert` takes a second, two at a time.
struct Narrow {
    cluster: EmbeddedCluster,
    session: Session,
    insert: helenus::PreparedStatement,
    slow: InjectedFault,
}

impl Narrow {
    async fn start(config: PoolConfig) -> Result<Self, Failure> {
        let cluster = EmbeddedCluster::start(1).await?;
        let session = builder(&cluster).reconnection(soon()).pool(config).build().await?;
        let insert = insert(&session).await?;
        let slow = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
        Ok(Self { cluster, session, insert, slow })
    }

    fn waiting(&self) -> usize {
        self.session.metrics().nodes[0].waiting
    }

    async fn write(&self, priority: Priority) -> Result<Instant, RequestError> {
        self.session.execute(&self.insert.clone().with_priority(priority), (1,)).await?;
        Ok(Instant::now())
    }
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_what_the_nodes_take_wait_for_their_turn() -> Outcome {
    let narrow = Narrow::start(narrow(|_| {})).await?;
    let begun = Instant::now();
    all(writes(&narrow.session, &narrow.insert, 20)).await?;
    assert_eq!(begun.elapsed().as_secs(), 10, "two each second");
    assert_eq!(narrow.waiting(), 0);
    let shares = narrow.cluster.requests().executing("INSERT").count();
    assert_eq!(shares, 20, "each was sent once");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_told_where_and_behind_how_many() -> Outcome {
    let narrow = Narrow::start(narrow(|pool| pool.acquire_timeout = SECOND * 3 / 2)).await?;
    let begun = Instant::now();
    let mut refused = 0;
    for write in writes(&narrow.session, &narrow.insert, 8) {
        let Err(error) = write.await? else { continue };
        let error = error.downcast::<RequestError>()?;
        let exhausted = exhausted(&error);
        assert_eq!(exhausted.node, narrow.cluster.addresses()[0]);
        assert_eq!((exhausted.connections, exhausted.max_requests), (1, 2));
        assert!(exhausted.waited >= SECOND * 3 / 2 && exhausted.waiting < 4, "{error}");
        assert!(error.to_string().contains("PoolConfig"), "{error}");
        refused += 1;
    }
    assert_eq!(refused, 4, "two went at once, and two after a second");
    assert!(begun.elapsed() < SECOND * 3);
    assert_eq!(narrow.session.metrics().timeouts, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_the_answer_comes_at_once() -> Outcome {
    let narrow = Narrow::start(narrow(|pool| pool.acquire_timeout = Duration::ZERO)).await?;
    let under_way = writes(&narrow.session, &narrow.insert, 2);
    until("there is no room", || narrow.session.metrics().nodes[0].in_flight == 2).await;
    let asked = Instant::now();
    let error = narrow.write(Priority::High).await.unwrap_err();
    assert!(exhausted(&error).waited.is_zero() && asked.elapsed().is_zero());
    all(under_way).await
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_turns_away_and_one_who_leaves_makes_room() -> Outcome {
    let narrow = Narrow::start(narrow(|pool| pool.max_waiting = 3)).await?;
    let under_way = writes(&narrow.session, &narrow.insert, 4);
    until("two wait", || narrow.waiting() == 2).await;
    let mut third = Box::pin(narrow.write(Priority::Normal));
    assert!(third.as_mut().now_or_never().is_none());
    assert_eq!(narrow.waiting(), 3);
    let error = narrow.write(Priority::High).await.unwrap_err();
    assert_eq!(exhausted(&error).waiting, 3);
    drop(third);
    assert_eq!(narrow.waiting(), 2);
    narrow.write(Priority::Low).await?;
    all(under_way).await
}

#[tokio::test(start_paused = true)]
async fn the_urgent_go_first_and_nobody_starves() -> Outcome {
    let narrow = Narrow::start(narrow(|pool| pool.acquire_timeout = SECOND * 100)).await?;
    let under_way = writes(&narrow.session, &narrow.insert, 2);
    until("there is no room", || narrow.session.metrics().nodes[0].in_flight == 2).await;
    // Lower priorities come first.
    let wait = |priority| (0..4).map(move |_| priority);
    let order = wait(Priority::Low).chain(wait(Priority::Normal)).chain(wait(Priority::High));
    let narrow_ref = &narrow;
    let done = order.map(|priority| async move {
        Ok::<_, RequestError>((priority, narrow_ref.write(priority).await?))
    });
    let done = join_all(done).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let last = |wanted| done.iter().filter(|(of, _)| *of == wanted).map(|(_, at)| *at).max();
    let first = |wanted| done.iter().filter(|(of, _)| *of == wanted).map(|(_, at)| *at).min();
    assert!(last(Priority::High) < last(Priority::Normal));
    assert!(last(Priority::Normal) < last(Priority::Low));
    assert!(first(Priority::Low) < last(Priority::High), "one of them has its turn");
    all(under_way).await
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_while_it_waits_is_never_sent() -> Outcome {
    let narrow = Narrow::start(narrow(|_| {})).await?;
    let under_way = writes(&narrow.session, &narrow.insert, 2);
    until("there is no room", || narrow.session.metrics().nodes[0].in_flight == 2).await;
    for count in [1, 5] {
        let mut waiting: Vec<_> =
            (0..count).map(|_| Box::pin(narrow.write(Priority::Normal))).collect();
        for write in &mut waiting {
            assert!(write.as_mut().now_or_never().is_none());
        }
        assert_eq!(narrow.waiting(), count);
    }
    assert_eq!(narrow.waiting(), 0);
    all(under_way).await?;
    narrow.cluster.requests().executing("INSERT").assert_count(2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whichever_node_has_room_first_is_taken() -> Outcome {
    let cluster = EmbeddedCluster::start(3).await?;
    let config = narrow(|_| {});
    let session = builder(&cluster).consistency(Consistency::One).pool(config).build().await?;
    let insert = insert(&session).await?;
    let slowly = cluster.inject(Fault::delay(SECOND * 5).matching("INSERT"));
    let slow = writes(&session, &insert, 4);
    until("two nodes are full", || {
        session.metrics().nodes.iter().map(|node| node.in_flight).sum::<usize>() == 4
    })
    .await;
    drop(slowly);
    // The third node serves everybody while the others are full.
    let _brisk = cluster.inject(Fault::delay(Duration::from_millis(10)).matching("INSERT"));
    let begun = Instant::now();
    all(writes(&session, &insert, 100)).await?;
    assert!(begun.elapsed() < SECOND * 2, "{:?}", begun.elapsed());
    all(slow).await
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_hear_of_new_room_and_of_the_end() -> Outcome {
    let narrow = Narrow::start(narrow(|pool| pool.acquire_timeout = SECOND * 100)).await?;
    let begun = Instant::now();
    let under_way = writes(&narrow.session, &narrow.insert, 12);
    until("ten wait", || narrow.waiting() == 10).await;
    let sizes = narrow.session.pool_sizes().with_max_requests_per_connection(8);
    narrow.session.resize_pools(sizes)?;
    until("more are under way", || narrow.waiting() == 4).await;
    narrow.session.resize_pools(sizes.with_local(helenus::PoolSize::fixed(2)))?;
    until("all are under way", || narrow.waiting() == 0).await;
    assert!(begun.elapsed() < SECOND);
    all(under_way).await?;

    let under_way = writes(&narrow.session, &narrow.insert, 20);
    until("some wait", || narrow.waiting() == 4).await;
    narrow.cluster.stop(0).await?;
    for write in under_way {
        let error = write.await?.unwrap_err().downcast::<RequestError>()?;
        assert!(!matches!(error.kind(), RequestErrorKind::PoolExhausted(_)), "{error}");
    }
    drop(narrow.slow);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_through_a_narrow_door_all_arrive() -> Outcome {
    let cluster = EmbeddedCluster::start(2).await?;
    let config = pool(2, |pool| pool.sizes.max_requests_per_connection = 8);
    let session = builder(&cluster)
        .pool({
            let mut config = config;
            config.max_waiting = 10_000;
            config
        })
        .build()
        .await?;
    let insert = insert(&session).await?;
    all(writes(&session, &insert, 10_000)).await?;
    assert_eq!(session.metrics().nodes.iter().map(|node| node.waiting).sum::<usize>(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_statement_says_of_its_urgency_comes_before_its_profile() -> Outcome {
    let narrow = Narrow::start(narrow(|pool| pool.acquire_timeout = SECOND * 100)).await?;
    let low = ExecutionProfile::new("low").with_priority(Priority::Low);
    narrow.session.set_profile(low).await;
    let low = narrow.session.with_profile("low");
    let under_way = writes(&narrow.session, &narrow.insert, 2);
    until("there is no room", || narrow.session.metrics().nodes[0].in_flight == 2).await;
    let write = async |session: &Session, statement: helenus::PreparedStatement| {
        session.execute(&statement, (1,)).await?;
        Ok::<_, RequestError>(Instant::now())
    };
    let as_the_profile_has_it = join_all((0..4).map(|_| write(&low, narrow.insert.clone())));
    let urgent = narrow.insert.clone().with_priority(Priority::High);
    let urgent = join_all((0..4).map(|_| write(&low, urgent.clone())));
    let (of_profile, urgent) = tokio::join!(as_the_profile_has_it, urgent);
    let last = |done: Vec<Result<Instant, RequestError>>| {
        done.into_iter().collect::<Result<Vec<_>, _>>().map(|done| done.into_iter().max())
    };
    assert!(last(urgent)? < last(of_profile)?);
    all(under_way).await
}

#[tokio::test]
async fn after_a_wait_the_plan_goes_on_where_it_was() -> Outcome {
    let ordered =
        Ordered::start(3, |builder| builder.pool(narrow(|_| {})).retry_backoff(Backoff::none()))
            .await?;
    let Ordered { cluster, session, safe, .. } = &ordered;
    let ill = || Fault::error(ErrorKind::ServerError).matching("INSERT");
    let _failing = cluster.nodes()[0].inject(ill());
    let mut stuck = Vec::new();
    for node in [1, 2] {
        cluster.freeze(node)?;
        let only = Arc::new(InOrder(vec![cluster.addresses()[node]]));
        session.set_profile(ExecutionProfile::new("only").with_load_balancing(only)).await;
        let only = session.with_profile("only");
        for _ in 0..2 {
            let only = only.clone();
            stuck.push(tokio::spawn(async move { only.query("SELECT k FROM ks.t", ()).await }));
        }
        let is_full = || session.metrics().nodes.iter().filter(|node| node.in_flight == 2).count();
        until("it is full", || is_full() == node).await;
    }
    let waits = {
        let (session, safe) = (session.clone(), safe.clone());
        tokio::spawn(async move { session.execute(&safe, (1,)).await })
    };
    until("it waits for both", || {
        session.metrics().nodes.iter().filter(|node| node.waiting == 1).count() == 2
    })
    .await;
    let _failing: Vec<_> =
        cluster.nodes()[1..].iter().map(|node| node.inject(ill().times(1))).collect();
    cluster.thaw(1)?;
    cluster.thaw(2)?;
    let error = waits.await?.unwrap_err();
    assert!(matches!(error.kind(), RequestErrorKind::NoNode), "{error}");
    let mut asked = ordered.asked();
    assert_eq!(asked.remove(0), 0);
    asked.sort_unstable();
    assert_eq!(asked, [1, 2], "{error}");
    for answer in stuck {
        answer.await??;
    }
    Ok(())
}

use std::time::Duration;

use helenus::policies::Priority;
use helenus::{BuildError, RequestErrorKind, RequestLimits};
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::time::Instant;

use super::{SECOND, all, insert, writes};
use crate::behaviours::Outcome;
use crate::{builder, until};

#[tokio::test(start_paused = true)]
async fn no_more_requests_run_at_once_than_the_session_allows() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).limits(RequestLimits::concurrent(5)).build().await?;
    let insert = insert(&session).await?;
    let _slow = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    let begun = Instant::now();
    let writes = writes(&session, &insert, 20);
    for _ in 0..35 {
        tokio::time::sleep(SECOND / 10).await;
        assert_eq!(session.metrics().nodes[0].in_flight, 5);
    }
    all(writes).await?;
    assert_eq!(begun.elapsed().as_secs(), 4);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_go_in_a_second_than_the_session_allows() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let mut limits = RequestLimits::per_second(50);
    limits.acquire_timeout = SECOND;
    let session = builder(&cluster).limits(limits).build().await?;
    let insert = insert(&session).await?;
    // A pause saves up a burst of a tenth.
    tokio::time::sleep(SECOND).await;
    cluster.forget_statements();
    let begun = Instant::now();
    let writes = writes(&session, &insert, 100);
    tokio::time::sleep(SECOND / 2 + Duration::from_millis(5)).await;
    cluster.requests().executing("INSERT").assert_count(5 + 25);
    let mut late = 0;
    for write in writes {
        let Err(error) = write.await? else { continue };
        let error = error.downcast::<helenus::RequestError>()?;
        let RequestErrorKind::Throttled(throttled) = error.kind() else { panic!("{error}") };
        assert!(throttled.waited >= SECOND, "{error}");
        late += 1;
    }
    assert_eq!(begun.elapsed().as_millis() / 10, 100);
    assert!((44..=46).contains(&late), "{late}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_urgent_are_let_through_first() -> Outcome {
    let cluster = EmbeddedCluster::start(1).await?;
    let session = builder(&cluster).limits(RequestLimits::concurrent(1)).build().await?;
    let insert = insert(&session).await?;
    let _slow = cluster.inject(Fault::delay(SECOND).matching("INSERT"));
    let first = writes(&session, &insert, 1);
    until("it runs", || session.metrics().nodes[0].in_flight == 1).await;
    let low = writes(&session, &insert.clone().with_priority(Priority::Low), 2);
    tokio::task::yield_now().await;
    let begun = Instant::now();
    session.execute(&insert.clone().with_priority(Priority::High), (1,)).await?;
    assert!(begun.elapsed() < SECOND * 5 / 2, "{:?}", begun.elapsed());
    all(first).await?;
    all(low).await
}

#[tokio::test]
async fn limits_that_let_nothing_through_are_told() -> Outcome {
    let error = builder(&EmbeddedCluster::start(1).await?)
        .limits(RequestLimits::concurrent(0))
        .build()
        .await
        .unwrap_err();
    assert!(matches!(error, BuildError::Setting { setting: "concurrent", .. }), "{error}");
    Ok(())
}

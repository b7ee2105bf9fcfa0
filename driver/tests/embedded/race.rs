//! Several attempts of one request at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use helenus::policies::{ConstantDelay, Fallthrough, PercentileDelay};
use helenus::{AttemptDecision, AttemptError, ErrorKind, RequestErrorKind};
use helenus_protocol::Opcode;
use helenus_testkit::Fault;

use crate::behaviours::Outcome;
use crate::in_order::Ordered;
use crate::until;

const SOON: Duration = Duration::from_millis(5);
const LATE: Duration = Duration::from_millis(400);

/// A cluster whose requests go to up to `max` more nodes, each after `delay`.
async fn hasty(nodes: usize, delay: Duration, max: u32) -> Outcome<Ordered> {
    Ordered::start(nodes, |builder| builder.speculation(Arc::new(ConstantDelay::new(delay, max))))
        .await
}

#[tokio::test]
async fn the_faster_node_wins_and_the_other_attempt_is_cancelled() -> Outcome {
    let Ordered { cluster, session, safe, .. } = hasty(2, SOON, 1).await?;
    let silent = cluster.nodes()[0].inject(Fault::drop_answers().to(Opcode::Execute));
    let result = session.execute(&safe, (1,)).await?;
    assert_eq!(result.coordinator(), cluster.nodes()[1].address());
    assert_eq!((silent.strikes(), result.info().speculations()), (1, 1));
    assert!(result.info().failed_attempts().is_empty());
    let metrics = session.metrics();
    assert_eq!((metrics.speculations, metrics.retries, metrics.requests), (1, 0, 5));
    // Its answer may still come, and then reaches nobody.
    let loser = metrics.nodes.iter().find(|node| node.address == cluster.nodes()[0].address());
    assert_eq!(loser.map(|node| (node.in_flight, node.orphans)), Some((0, 1)));
    Ok(())
}

#[tokio::test]
async fn no_other_node_is_asked_while_the_first_is_fast_enough() -> Outcome {
    let ordered = hasty(2, Duration::from_secs(30), 1).await?;
    for k in 0..20 {
        ordered.session.execute(&ordered.safe, (k,)).await?;
    }
    assert_eq!(ordered.asked(), [0; 20]);
    assert_eq!(ordered.session.metrics().speculations, 0);
    Ok(())
}

#[tokio::test]
async fn without_a_delay_all_are_asked_at_once() -> Outcome {
    let ordered = hasty(3, Duration::ZERO, 2).await?;
    let _slow = ordered.cluster.inject(Fault::delay(Duration::from_millis(50)));
    ordered.session.execute(&ordered.safe, (1,)).await?;
    let mut asked = ordered.asked();
    asked.sort_unstable();
    assert_eq!(asked, [0, 1, 2]);
    Ok(())
}

#[tokio::test]
async fn when_the_plan_is_exhausted_those_under_way_are_waited_for() -> Outcome {
    let ordered = hasty(2, SOON, 9).await?;
    let _slow = ordered.cluster.inject(Fault::delay(Duration::from_millis(100)));
    let result = ordered.session.execute(&ordered.safe, (1,)).await?;
    assert_eq!(result.info().speculations(), 1);
    assert_eq!(ordered.asked(), [0, 1]);
    Ok(())
}

#[tokio::test]
async fn what_is_not_idempotent_is_never_asked_twice() -> Outcome {
    let ordered = hasty(2, Duration::ZERO, 1).await?;
    let _slow = ordered.cluster.nodes()[0].inject(Fault::delay(Duration::from_millis(50)));
    let result = ordered.session.execute(&ordered.insert, (1,)).await?;
    assert_eq!(result.info().speculations(), 0);
    assert_eq!(ordered.asked(), [0]);
    Ok(())
}

#[tokio::test]
async fn the_delay_follows_what_answers_took() -> Outcome {
    let policy = PercentileDelay::new(50.0, 1, Instant::now()).with_minimum_measurements(20);
    let ordered = Ordered::start(2, |builder| builder.speculation(Arc::new(policy))).await?;
    let Ordered { cluster, session, safe, .. } = &ordered;
    let begun = Instant::now();
    // The delay is worked out anew ten times a second.
    while begun.elapsed() < Duration::from_millis(250) {
        session.execute(safe, (1,)).await?;
    }
    let before = session.metrics().speculations;
    let _slow = cluster.nodes()[0].inject(Fault::delay(LATE));
    let asked = Instant::now();
    assert_eq!(session.execute(safe, (1,)).await?.info().speculations(), 1);
    assert!(asked.elapsed() < LATE);
    assert_eq!(session.metrics().speculations, before + 1);
    Ok(())
}

#[tokio::test]
async fn a_failed_attempt_does_not_fail_the_request_while_another_is_under_way() -> Outcome {
    let Ordered { cluster, session, safe, .. } = hasty(2, SOON, 1).await?;
    let _slow = cluster.nodes()[0].inject(Fault::delay(Duration::from_millis(100)));
    let _ill = cluster.nodes()[1].inject(Fault::error(ErrorKind::ServerError));
    let result = session.execute(&safe, (1,)).await?;
    assert_eq!(result.coordinator(), cluster.nodes()[0].address());
    let [failed] = result.info().failed_attempts() else { panic!("{:?}", result.info()) };
    assert_eq!(failed.node, cluster.nodes()[1].address());
    assert_eq!(failed.decision, AttemptDecision::LeftToOthers);
    assert!(failed.duration < LATE);
    Ok(())
}

#[tokio::test]
async fn when_all_attempts_fail_all_their_errors_are_told() -> Outcome {
    let Ordered { cluster, session, safe, .. } = Ordered::start(2, |builder| {
        builder
            .speculation(Arc::new(ConstantDelay::new(SOON, 1)))
            .attempt_timeout(Duration::from_millis(60))
            .retry(Arc::new(Fallthrough))
    })
    .await?;
    let _silent = cluster.nodes()[0].inject(Fault::drop_answers().to(Opcode::Execute));
    let _ill = cluster.nodes()[1].inject(Fault::error(ErrorKind::TruncateError));
    let error = session.execute(&safe, (1,)).await.unwrap_err();
    let RequestErrorKind::Failed { node, error: AttemptError::NoAnswer { .. } } = error.kind()
    else {
        panic!("{error}")
    };
    assert_eq!(*node, cluster.nodes()[0].address());
    let attempts = error.info().failed_attempts();
    let decisions: Vec<_> = attempts.iter().map(|a| (a.node, a.decision)).collect();
    let [first, second] = [0, 1].map(|node: usize| cluster.nodes()[node].address());
    assert_eq!(
        decisions,
        [(second, AttemptDecision::LeftToOthers), (first, AttemptDecision::GaveUp)]
    );
    assert!(attempts[1].duration >= Duration::from_millis(60));
    assert_eq!((error.attempts().len(), error.info().speculations()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn an_error_in_the_statement_is_not_kept_back_by_a_slow_node() -> Outcome {
    let Ordered { cluster, session, safe, .. } = hasty(2, SOON, 1).await?;
    let _silent = cluster.nodes()[0].inject(Fault::drop_answers().to(Opcode::Execute));
    let _ill = cluster.nodes()[1].inject(Fault::error(ErrorKind::Invalid));
    let asked = Instant::now();
    let error = session.execute(&safe, (1,)).await.unwrap_err();
    assert_eq!(error.server_error().map(|error| &error.kind), Some(&ErrorKind::Invalid));
    assert!(asked.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn a_dropped_race_drops_all_its_attempts() -> Outcome {
    let ordered = hasty(3, Duration::ZERO, 2).await?;
    let _silent = ordered.cluster.inject(Fault::drop_answers().to(Opcode::Execute));
    let mut request = Box::pin(ordered.session.execute(&ordered.safe, (1,)));
    let node = |of: fn(&helenus::NodeMetrics) -> usize| {
        ordered.session.metrics().nodes.iter().map(of).sum::<usize>()
    };
    until("all nodes are asked", || {
        assert!(request.as_mut().now_or_never().is_none());
        node(|node| node.in_flight) == 3
    })
    .await;
    until("all requests have left", || ordered.cluster.requests().executing("INSERT").count() == 3)
        .await;
    drop(request);
    assert_eq!((node(|node| node.in_flight), node(|node| node.orphans)), (0, 3));
    Ok(())
}

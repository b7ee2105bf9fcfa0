//! How many retries there are at most, and how long they wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use helenus::policies::{Backoff, RetryBudget};
use helenus::{AttemptDecision, Consistency, ErrorKind};
use helenus_protocol::Opcode;
use helenus_testkit::Fault;

use crate::behaviours::Outcome;
use crate::in_order::Ordered;
use crate::until;

#[tokio::test]
async fn a_session_without_budget_gives_the_error_to_the_caller() -> Outcome {
    let budget = RetryBudget::new(Instant::now()).with_ratio(0.0).with_minimum_per_second(0);
    let budget = Arc::new(budget.with_reserve(3).with_credit(2));
    let Ordered { cluster, session, safe, .. } = Ordered::start(2, |builder| {
        builder.retry_budget(Arc::clone(&budget)).retry_backoff(Backoff::none())
    })
    .await?;
    let ill = cluster.nodes()[0].inject(Fault::error(ErrorKind::Overloaded).to(Opcode::Execute));
    for k in 0..3 {
        let result = session.execute(&safe, (k,)).await?;
        assert_eq!(result.info().failed_attempts()[0].decision, AttemptDecision::NextNode);
    }
    let error = session.execute(&safe, (3,)).await.unwrap_err();
    assert_eq!(error.server_error().map(|error| &error.kind), Some(&ErrorKind::Overloaded));
    assert_eq!(error.info().failed_attempts()[0].decision, AttemptDecision::OutOfBudget);
    drop(ill);
    // What was lost with its connection is tried again on credit.
    let _closing = cluster.nodes()[0].inject(Fault::close().to(Opcode::Execute));
    for k in 0..2 {
        session.execute(&safe, (k,)).await?;
        until("the connections are there", || {
            session.metrics().nodes.iter().all(|node| node.connections == 2)
        })
        .await;
    }
    assert!(session.execute(&safe, (2,)).await.is_err());
    let metrics = session.metrics();
    assert_eq!((metrics.retries, metrics.retries_refused, metrics.retry_budget), (5, 2, -2));
    Ok(())
}

#[tokio::test]
async fn requests_pay_for_retries() -> Outcome {
    let budget = RetryBudget::new(Instant::now()).with_ratio(0.5).with_minimum_per_second(0);
    let budget = Arc::new(budget.with_reserve(5).with_credit(0));
    let Ordered { cluster, session, safe, .. } = Ordered::start(2, |builder| {
        builder.retry_budget(Arc::clone(&budget)).retry_backoff(Backoff::none())
    })
    .await?;
    let ill = cluster.nodes()[0].inject(Fault::error(ErrorKind::Overloaded).to(Opcode::Execute));
    let all = join_all((0..100).map(|k| session.execute(&safe, (k,)))).await;
    let succeeded = all.iter().filter(|result| result.is_ok()).count();
    // All pay in before the first one fails, but no more is kept than the reserve.
    assert!((5..=55).contains(&succeeded), "{succeeded}");
    assert_eq!(session.metrics().retries, succeeded as u64);
    drop(ill);
    for k in 0..10 {
        session.execute(&safe, (k,)).await?;
    }
    assert_eq!(session.metrics().retry_budget, 5);
    Ok(())
}

#[tokio::test]
async fn only_a_node_that_needs_time_is_given_it() -> Outcome {
    let wait = Duration::from_millis(80);
    let backoff = Backoff::new(wait, wait).with_jitter(0.0);
    let ordered = Ordered::start(3, |builder| builder.retry_backoff(backoff)).await?;
    let Ordered { cluster, session, safe, .. } = &ordered;
    let took = async |fault: Fault| {
        let _once = cluster.inject(fault.to(Opcode::Execute).times(1));
        let asked = Instant::now();
        session.execute(safe, (1,)).await.map(|_| asked.elapsed())
    };
    let (consistency, required, received) = (Consistency::LocalQuorum, 2, 2);
    let late = ErrorKind::ReadTimeout { consistency, received, required, data_present: false };
    assert!(took(Fault::error(late)).await? >= wait);
    assert!(took(Fault::error(ErrorKind::Overloaded)).await? >= wait);
    assert_eq!(ordered.asked(), [0, 0, 0, 1]);
    // Of those that do not wait one at least is not held up by anything else.
    let mut fastest = Duration::MAX;
    for _ in 0..20 {
        fastest = fastest.min(took(Fault::error(ErrorKind::ServerError)).await?);
    }
    assert!(fastest < wait, "{fastest:?}");
    Ok(())
}

#[tokio::test]
async fn a_retry_that_would_come_too_late_is_not_waited_for() -> Outcome {
    let wait = Duration::from_secs(60);
    let Ordered { cluster, session, safe, .. } =
        Ordered::start(2, |builder| builder.retry_backoff(Backoff::new(wait, wait))).await?;
    let _ill = cluster.inject(Fault::error(ErrorKind::Overloaded).to(Opcode::Execute));
    let error = session.execute(&safe, (1,)).await.unwrap_err();
    assert_eq!(error.server_error().map(|error| &error.kind), Some(&ErrorKind::Overloaded));
    Ok(())
}

// Under a paused clock no node is suspected, however long it takes to send them all.
#[tokio::test(start_paused = true)]
async fn ten_thousand_idempotent_requests_survive_the_loss_of_their_node() -> Outcome {
    const REQUESTS: i32 = 10_000;
    let Ordered { cluster, session, safe, .. } =
        Ordered::start(2, |builder| builder.consistency(Consistency::One)).await?;
    cluster.freeze(0)?;
    let requests: Vec<_> = (0..REQUESTS)
        .map(|k| {
            let (session, safe) = (session.clone(), safe.clone());
            tokio::spawn(async move { session.execute(&safe, (k,)).await })
        })
        .collect();
    let in_flight = || session.metrics().nodes.iter().map(|node| node.in_flight).sum::<usize>();
    until("all requests are in flight", || in_flight() == REQUESTS as usize).await;
    cluster.stop(0).await?;
    for request in requests {
        assert_eq!(request.await??.coordinator(), cluster.nodes()[1].address());
    }
    let metrics = session.metrics();
    assert_eq!((metrics.retries, metrics.errors), (REQUESTS as u64, 0));
    assert!(metrics.retry_budget < 0, "{}", metrics.retry_budget);
    Ok(())
}

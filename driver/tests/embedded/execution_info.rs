//! What results and errors tell of how they came about.

use std::time::Duration;

use helenus::{AttemptDecision, AttemptError, ErrorKind, QueryResult, RequestErrorKind, Statement};
use helenus_protocol::Opcode;
use helenus_testkit::Fault;

use crate::behaviours::Outcome;
use crate::in_order::Ordered;

#[tokio::test]
async fn a_result_tells_of_the_attempts_that_failed_before() -> Outcome {
    let ordered = Ordered::start(3, |builder| builder).await?;
    let Ordered { cluster, session, safe, .. } = &ordered;
    let result = session.execute(safe, (1,)).await?;
    assert_eq!(result.info().coordinator(), Some(cluster.addresses()[0]));
    assert!(result.info().failed_attempts().is_empty());
    let _slow = cluster.nodes()[0].inject(Fault::close().to(Opcode::Execute));
    let _ill = cluster.nodes()[1].inject(Fault::error(ErrorKind::ServerError).to(Opcode::Execute));
    let result = session.execute(safe, (1,)).await?;
    let info = result.info();
    assert_eq!(info.coordinator(), Some(cluster.addresses()[2]));
    let [first, second] = info.failed_attempts() else { panic!("{info:?}") };
    assert_eq!([first.node, second.node], cluster.addresses()[..2]);
    assert!(matches!(first.error, AttemptError::ConnectionLost(_)));
    assert!(matches!(&second.error, AttemptError::Server(e) if e.kind == ErrorKind::ServerError));
    assert!([first, second].iter().all(|a| a.decision == AttemptDecision::NextNode));
    assert!([first, second].iter().all(|a| !a.duration.is_zero()));
    Ok(())
}

#[tokio::test]
async fn an_error_tells_of_every_attempt_the_last_one_included() -> Outcome {
    let Ordered { cluster, session, safe, .. } = Ordered::start(2, |builder| builder).await?;
    let _ill = cluster.nodes()[0].inject(Fault::error(ErrorKind::ServerError).to(Opcode::Execute));
    let _wrong = cluster.nodes()[1].inject(Fault::error(ErrorKind::Invalid).to(Opcode::Execute));
    let error = session.execute(&safe, (1,)).await.unwrap_err();
    assert!(
        matches!(error.kind(), RequestErrorKind::Failed { node, .. } if *node == cluster.addresses()[1])
    );
    let decisions: Vec<_> = error.info().failed_attempts().iter().map(|a| a.decision).collect();
    assert_eq!(decisions, [AttemptDecision::NextNode, AttemptDecision::GaveUp]);
    assert_eq!((error.attempts().len(), error.info().coordinator()), (1, None));
    Ok(())
}

#[tokio::test]
async fn a_result_tells_whether_the_nodes_agree_on_the_schema_and_where_its_trace_is() -> Outcome {
    for (timeout, agrees, expected) in [
        (Duration::from_secs(10), true, Some(true)),
        (Duration::from_millis(150), false, Some(false)),
        (Duration::ZERO, false, None),
    ] {
        let Ordered { cluster, session, .. } =
            Ordered::start(2, |builder| builder.schema_agreement_timeout(timeout)).await?;
        if !agrees {
            cluster.disagree_on_schema(1)?;
        }
        let result = session.query("CREATE TABLE ks.other (k int PRIMARY KEY)", ()).await?;
        assert_eq!(result.info().has_schema_agreed(), expected);
        let traced = Statement::new("SELECT key FROM system.local").with_tracing(true);
        let result = session.query(traced, ()).await?;
        assert!(result.info().tracing_id().is_some());
        assert_eq!(
            (result.info().tracing_id(), result.info().has_schema_agreed()),
            (result.tracing_id(), None)
        );
    }
    Ok(())
}

#[test]
fn a_result_is_small() {
    assert!(size_of::<QueryResult>() <= 128, "{}", size_of::<QueryResult>());
}

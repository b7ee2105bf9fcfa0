//! A cluster that takes more files than its process may open. The limit is the process', so this test has its own.
#![cfg(unix)]

use helenus_testkit::{ClusterError, EmbeddedCluster};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[tokio::test]
async fn a_limit_is_raised_as_far_as_it_may_be_and_beyond_is_named() {
    let limit = |current| setrlimit(Resource::Nofile, Rlimit { current, maximum: Some(256) });
    limit(Some(64)).unwrap();
    let cluster = EmbeddedCluster::start(200).await.unwrap();
    assert_eq!(getrlimit(Resource::Nofile).current, Some(256));
    cluster.shutdown().await;

    let error = EmbeddedCluster::start(400).await.unwrap_err();
    assert!(matches!(error, ClusterError::TooManyOpenFiles { limit: 256, .. }), "{error}");
    assert!(error.to_string().contains("ulimit -n"), "{error}");
}

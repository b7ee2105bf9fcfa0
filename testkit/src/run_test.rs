//! A test on a cluster of its own.

use tokio::runtime::Builder;

use crate::{EmbeddedCluster, EmbeddedClusterBuilder};

/// Starts a cluster on a tokio runtime of its own, hands it to `test`, and ends both. It is what
/// [`#[helenus_testkit::test]`](macro@crate::test) makes of a function.
///
/// The nodes have a thread for themselves, so that `test` may block.
///
/// ```
/// use helenus_testkit::EmbeddedCluster;
///
/// let nodes = helenus_testkit::run_test(EmbeddedCluster::builder(), async |cluster| cluster.nodes().len());
/// assert_eq!(nodes, 1);
/// ```
///
/// # Panics
/// If the runtime or the cluster does not start.
#[track_caller]
pub fn run_test<T>(
    cluster: EmbeddedClusterBuilder,
    test: impl AsyncFnOnce(EmbeddedCluster) -> T,
) -> T {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime for the test: {error}"),
    };
    runtime.block_on(async {
        match cluster.start().await {
            Ok(cluster) => test(cluster).await,
            Err(error) => panic!("no cluster for the test: {error}"),
        }
    })
}

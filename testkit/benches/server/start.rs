//! What it takes to start clusters.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use helenus_protocol::{Consistency, ProtocolVersion, Query, QueryParameters, Request, Response};
use helenus_testkit::{EmbeddedCluster, run_test};
use tokio::runtime::Builder;

use crate::Figure;
use crate::client::Client;
use crate::process::memory as resident;

const STARTS: usize = 50;
const TESTS: usize = 200;

/// From nothing to three nodes that accept connections, runtime included.
pub(crate) fn time() -> Figure {
    let mut times: Vec<_> = (0..STARTS)
        .map(|_| {
            let start = Instant::now();
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let cluster = runtime.block_on(EmbeddedCluster::start(3)).unwrap();
            let time = start.elapsed();
            runtime.block_on(cluster.shutdown());
            time
        })
        .collect();
    times.sort_unstable();
    let (median, worst) = (times[STARTS / 2], times[STARTS - 1]);
    Figure {
        what: "start of three nodes".to_owned(),
        measured: format!("{median:.1?}, at worst {worst:.1?}"),
        wanted: "50 ms",
        is_met: worst < Duration::from_millis(50),
    }
}

/// What ten clusters of three nodes add to the process, each with a client that has used it.
pub(crate) fn memory() -> Figure {
    const CLUSTERS: usize = 10;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let start = || {
        let cluster = runtime.block_on(EmbeddedCluster::start(3)).unwrap();
        let client = use_once(&cluster);
        (cluster, client)
    };
    let before = resident();
    let kept: Vec<_> = (0..CLUSTERS).map(|_| start()).collect();
    let each = resident().saturating_sub(before) as f64 / CLUSTERS as f64 / 1e6;
    drop(kept);
    Figure {
        what: "memory of three nodes".to_owned(),
        measured: format!("{each:.1} MB"),
        wanted: "20 MB",
        is_met: each < 20.0,
    }
}

/// As many tests at once as there are processors, each with a cluster of its own.
pub(crate) fn many_tests() -> Figure {
    let started = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while started.fetch_add(1, Ordering::Relaxed) < TESTS {
                    let three = EmbeddedCluster::builder().datacenter("datacenter1", 3);
                    run_test(three, async |cluster| drop(use_once(&cluster)));
                }
            });
        }
    });
    let time = start.elapsed();
    Figure {
        what: format!("{TESTS} tests with a cluster each, {threads} at once"),
        measured: format!("{time:.1?}"),
        wanted: "20 s",
        is_met: time < Duration::from_secs(20),
    }
}

fn use_once(cluster: &EmbeddedCluster) -> Client {
    let mut client = Client::connect(cluster.addresses()[0], ProtocolVersion::V5);
    let parameters = QueryParameters::new(Consistency::LocalOne);
    let cql = "SELECT * FROM system.peers_v2";
    let peers = client.call(&Request::Query(Query { cql, parameters }));
    assert!(matches!(peers, Response::Rows(rows) if rows.count == 2));
    client
}

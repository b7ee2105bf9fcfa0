//! Prepared writes by a pipelining client, kept in memory or on the disk, too.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use helenus_protocol::{
    BoundValues, Consistency, Execute, Prepare, ProtocolVersion, Query, QueryParameters, Request,
    Response,
};
use helenus_testkit::EmbeddedCluster;
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;

use crate::Figure;
use crate::client::Client;
use crate::process::thread_time;

const PIPELINE: usize = 512;
const ROUNDS: usize = 400;

/// What a write costs the server's thread, and how long a start on what was written takes.
pub(crate) fn figures() -> [Figure; 3] {
    let directory = std::env::temp_dir().join(format!("helenus-data-{}", std::process::id()));
    let path = directory.clone();
    let serve = async move {
        let in_memory = EmbeddedCluster::start(1).await.unwrap();
        let memory = cost(in_memory.addresses()[0]).await;
        in_memory.shutdown().await;
        let builder = EmbeddedCluster::builder().persist(&path);
        let kept = builder.clone().start().await.unwrap();
        let disk = cost(kept.addresses()[0]).await;
        kept.shutdown().await;
        let start = thread_time();
        let restored = builder.start().await.unwrap();
        (memory, disk, restored.restored().unwrap().writes, thread_time() - start)
    };
    // The runtime's only thread is the server's.
    let serving = thread::spawn(|| {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(serve)
    });
    let (memory, disk, writes, took) = serving.join().unwrap();
    let _ = std::fs::remove_dir_all(directory);
    let write = |what: &str, cost: Duration| Figure {
        what: format!("prepared writes {what}"),
        measured: format!("{:.2} us of the server's processor time each", cost.as_secs_f64() * 1e6),
        wanted: "10 us",
        is_met: cost < Duration::from_micros(10),
    };
    [
        write("in memory", memory),
        write("that are kept", disk),
        Figure {
            what: format!("a start on {writes} writes"),
            measured: format!("{:.0} ms of the processor's time", took.as_secs_f64() * 1e3),
            wanted: "1 s",
            is_met: took < Duration::from_secs(1),
        },
    ]
}

async fn cost(address: SocketAddr) -> Duration {
    let before = thread_time();
    spawn_blocking(move || write(address)).await.unwrap();
    (thread_time() - before) / u32::try_from(ROUNDS * PIPELINE).unwrap()
}

fn write(address: SocketAddr) {
    let mut client = Client::connect(address, ProtocolVersion::V4);
    let parameters = || QueryParameters::new(Consistency::LocalOne);
    for cql in [
        "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        "CREATE TABLE ks.t (k int PRIMARY KEY, v text)",
    ] {
        client.call(&Request::Query(Query { cql, parameters: parameters() }));
    }
    let cql = "INSERT INTO ks.t (k, v) VALUES (?, ?)";
    let Response::Prepared(insert) =
        client.call(&Request::Prepare(Prepare { cql, keyspace: None }))
    else {
        panic!("{cql} is not prepared")
    };
    for round in 0..ROUNDS {
        let bound: Vec<_> = (round * PIPELINE..(round + 1) * PIPELINE)
            .map(|key| {
                let row = (i32::try_from(key).unwrap(), format!("the value of row {key}"));
                BoundValues::encode(&row, &insert.metadata.columns).unwrap()
            })
            .collect();
        let requests: Vec<_> = bound
            .iter()
            .map(|bound| {
                let parameters = QueryParameters { values: bound.as_values(), ..parameters() };
                Request::Execute(Execute { id: &insert.id, result_metadata_id: None, parameters })
            })
            .collect();
        let pipeline = client.encode(requests.iter().zip(1..));
        client.exchange(&pipeline, PIPELINE);
    }
}

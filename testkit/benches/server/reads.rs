//! Prepared reads by a pipelining client, served by one thread.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

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

/// Requests that are in flight at once.
const PIPELINE: usize = 512;
const ROWS: i32 = 1000;
pub(crate) const WARM_UP: Duration = Duration::from_millis(500);
pub(crate) const MEASURED: Duration = Duration::from_secs(3);

/// Reads per second of the server's processor time, on a cluster of three nodes.
pub(crate) fn rate(version: ProtocolVersion) -> Figure {
    let serve = async move {
        let cluster = EmbeddedCluster::start(3).await.unwrap();
        let address = cluster.addresses()[0];
        let mut reader = spawn_blocking(move || Reader::prepare(address, version)).await.unwrap();
        reader = spawn_blocking(move || reader.read_for(WARM_UP).0).await.unwrap();
        let (before, start) = (thread_time(), Instant::now());
        let (_, reads) = spawn_blocking(move || reader.read_for(MEASURED)).await.unwrap();
        (reads, thread_time() - before, start.elapsed())
    };
    // The runtime's only thread is the server's.
    let serving = thread::spawn(|| {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(serve)
    });
    let (reads, busy, elapsed) = serving.join().unwrap();
    let rate = |time: Duration| reads as f64 / time.as_secs_f64();
    Figure {
        what: format!("prepared reads, {version}"),
        measured: format!(
            "{:.0} per second of the server's processor time ({:.0} per second, the server {:.0} % busy)",
            rate(busy),
            rate(elapsed),
            busy.as_secs_f64() / elapsed.as_secs_f64() * 100.0,
        ),
        wanted: "200,000",
        is_met: rate(busy) >= 200_000.0,
    }
}

/// A client with a pipeline of reads, ready to be sent over and over.
pub(crate) struct Reader {
    client: Client,
    pipeline: Vec<u8>,
}

impl Reader {
    pub(crate) fn prepare(address: SocketAddr, version: ProtocolVersion) -> Self {
        let mut client = Client::connect(address, version);
        let parameters = || QueryParameters::new(Consistency::LocalOne);
        for cql in [
            "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}",
            "CREATE TABLE ks.t (k int PRIMARY KEY, v text)",
        ] {
            client.call(&Request::Query(Query { cql, parameters: parameters() }));
        }
        for k in 0..ROWS {
            let cql = &format!("INSERT INTO ks.t (k, v) VALUES ({k}, 'the value of row {k}')");
            let written = client.call(&Request::Query(Query { cql, parameters: parameters() }));
            assert_eq!(written, Response::Void);
        }
        let cql = "SELECT v FROM ks.t WHERE k = ?";
        let Response::Prepared(select) =
            client.call(&Request::Prepare(Prepare { cql, keyspace: None }))
        else {
            panic!("{cql} is not prepared")
        };
        let columns = &select.metadata.columns;
        let bound: Vec<_> = (0..PIPELINE)
            .map(|read| {
                let k = i32::try_from(read).unwrap() * 7 % ROWS;
                BoundValues::encode(&(k,), columns).unwrap()
            })
            .collect();
        let requests: Vec<_> = bound
            .iter()
            .map(|bound| {
                Request::Execute(Execute {
                    id: &select.id,
                    result_metadata_id: select.result_metadata_id.as_deref(),
                    parameters: QueryParameters {
                        values: bound.as_values(),
                        skip_metadata: true,
                        ..parameters()
                    },
                })
            })
            .collect();
        let pipeline = client.encode(requests.iter().zip(1..));
        Self { client, pipeline }
    }

    /// Reads for so long; returns how many rows it read, too.
    pub(crate) fn read_for(mut self, time: Duration) -> (Self, usize) {
        let start = Instant::now();
        let mut reads = 0;
        while start.elapsed() < time {
            self.client.exchange(&self.pipeline, PIPELINE);
            reads += PIPELINE;
        }
        (self, reads)
    }
}

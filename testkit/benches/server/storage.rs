//! Many rows, read by key and as one long partition.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use helenus_protocol::{
    BoundValues, Consistency, EncodeRow, Execute, Prepare, Prepared, ProtocolVersion, Query,
    QueryParameters, Request, Response,
};
use helenus_testkit::EmbeddedCluster;
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;

use crate::Figure;
use crate::client::Client;
use crate::process::{memory, thread_time};

const ROWS: i32 = 1_000_000;
const SLICE: i32 = 100_000;
const PAGE: i32 = 5_000;
const PIPELINE: usize = 512;
const MEASURED: Duration = Duration::from_secs(3);

/// What the rows and their reads cost, served by one thread.
pub(crate) fn figures() -> [Figure; 3] {
    let serve = async {
        let cluster = EmbeddedCluster::start(1).await.unwrap();
        let address = cluster.addresses()[0];
        let before = memory();
        let mut session = spawn_blocking(move || Session::fill(address)).await.unwrap();
        let resident = memory().saturating_sub(before);
        let busy = thread_time();
        let (returned, reads) = spawn_blocking(move || session.read_for(MEASURED)).await.unwrap();
        session = returned;
        let busy = thread_time() - busy;
        let pages = spawn_blocking(move || session.slice()).await.unwrap();
        (resident, reads, busy, pages)
    };
    // The runtime's only thread is the server's.
    let serving = thread::spawn(|| {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(serve)
    });
    let (resident, reads, busy, (pages, is_ordered, took)) = serving.join().unwrap();
    let rate = reads as f64 / busy.as_secs_f64();
    [
        Figure {
            what: format!("memory of {ROWS} rows"),
            measured: format!("{:.0} MB", resident as f64 / 1e6),
            wanted: "1 GB",
            is_met: resident < 1_000_000_000,
        },
        Figure {
            what: format!("prepared reads by key among {ROWS} rows"),
            measured: format!("{rate:.0} per second of the server's processor time"),
            wanted: "200,000",
            is_met: rate >= 200_000.0,
        },
        Figure {
            what: format!("a partition of {SLICE} rows in {pages} pages of {PAGE}"),
            measured: format!(
                "{} in {took:.1?}",
                if is_ordered { "in order" } else { "out of order" }
            ),
            wanted: "every row once, in order",
            is_met: is_ordered,
        },
    ]
}

struct Session {
    client: Client,
    by_key: Prepared,
}

impl Session {
    fn fill(address: SocketAddr) -> Self {
        let mut client = Client::connect(address, ProtocolVersion::V5);
        for cql in [
            "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
            "CREATE TABLE ks.small (k int PRIMARY KEY, v int)",
            "CREATE TABLE ks.slice (k int, c int, v text, PRIMARY KEY (k, c))",
        ] {
            client.call(&Request::Query(Query { cql, parameters: parameters() }));
        }
        let small = prepare(&mut client, "INSERT INTO ks.small (k, v) VALUES (?, ?)");
        write(&mut client, &small, (0..ROWS).map(|k| (k, k ^ 1)));
        let slice = prepare(&mut client, "INSERT INTO ks.slice (k, c, v) VALUES (1, ?, ?)");
        // In an order that is not the rows'.
        let rows = (0..SLICE).map(|row| i64::from(row) * 7_919 % i64::from(SLICE));
        write(&mut client, &slice, rows.map(|c| (i32::try_from(c).unwrap(), "a row of the slice")));
        let by_key = prepare(&mut client, "SELECT v FROM ks.small WHERE k = ?");
        Self { client, by_key }
    }

    /// Reads for so long; returns how many rows it read, too.
    fn read_for(mut self, time: Duration) -> (Self, usize) {
        let bound: Vec<_> = (0..PIPELINE * 16)
            .map(|read| {
                let key = i32::try_from(read * 104_729 % usize::try_from(ROWS).unwrap()).unwrap();
                BoundValues::encode(&(key,), &self.by_key.metadata.columns).unwrap()
            })
            .collect();
        let batches: Vec<_> = bound
            .chunks(PIPELINE)
            .map(|bound| {
                let requests: Vec<_> = bound.iter().map(|b| execute(&self.by_key, b)).collect();
                self.client.encode(requests.iter().zip(1..))
            })
            .collect();
        let start = Instant::now();
        let mut reads = 0;
        for batch in batches.iter().cycle() {
            if start.elapsed() >= time {
                break;
            }
            self.client.exchange(batch, PIPELINE);
            reads += PIPELINE;
        }
        (self, reads)
    }

    /// Reads the long partition page by page: how many pages, and whether all rows came once and in order.
    fn slice(mut self) -> (usize, bool, Duration) {
        let start = Instant::now();
        let cql = "SELECT c FROM ks.slice WHERE k = 1";
        let (mut pages, mut next, mut state) = (0, 0, None);
        loop {
            let parameters = QueryParameters {
                page_size: Some(PAGE),
                paging_state: state.as_deref(),
                ..parameters()
            };
            let Response::Rows(rows) = self.client.call(&Request::Query(Query { cql, parameters }))
            else {
                panic!("{cql} gives no rows")
            };
            pages += 1;
            let columns = rows.metadata.columns.as_deref().unwrap();
            for row in rows.typed::<(i32,)>(columns).unwrap() {
                if row.unwrap() != (next,) {
                    return (pages, false, start.elapsed());
                }
                next += 1;
            }
            state = rows.metadata.paging_state.clone();
            if state.is_none() {
                return (pages, next == SLICE, start.elapsed());
            }
        }
    }
}

fn parameters() -> QueryParameters<'static> {
    QueryParameters::new(Consistency::LocalOne)
}

fn prepare(client: &mut Client, cql: &str) -> Prepared {
    match client.call(&Request::Prepare(Prepare { cql, keyspace: None })) {
        Response::Prepared(prepared) => prepared,
        other => panic!("{cql}: {other:?}"),
    }
}

fn execute<'a>(prepared: &'a Prepared, bound: &'a BoundValues) -> Request<'a> {
    Request::Execute(Execute {
        id: &prepared.id,
        result_metadata_id: prepared.result_metadata_id.as_deref(),
        parameters: QueryParameters {
            values: bound.as_values(),
            skip_metadata: true,
            ..parameters()
        },
    })
}

fn write(client: &mut Client, prepared: &Prepared, rows: impl Iterator<Item = impl EncodeRow>) {
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let bound: Vec<_> = rows
            .by_ref()
            .take(PIPELINE)
            .map(|row| BoundValues::encode(&row, &prepared.metadata.columns).unwrap())
            .collect();
        let requests: Vec<_> = bound.iter().map(|bound| execute(prepared, bound)).collect();
        let sent = client.encode(requests.iter().zip(1..));
        client.exchange(&sent, requests.len());
    }
}

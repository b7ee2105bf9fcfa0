use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::{StreamExt, stream};
use helenus::{PoolConfig, Session, WarmUp};
use helenus_examples::Termination;
use helenus_testkit::{EmbeddedCluster, Fault};
use tokio::time::Instant;

use crate::latencies::Latencies;

const SELECT: &str = "SELECT v FROM lab.t WHERE k = ?";

/// How many nodes there are, and what is asked of them.
#[derive(Debug, Clone, Args)]
pub(crate) struct WarmUpOptions {
    /// Nodes of the cluster.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..))]
    nodes: u16,

    /// Requests that are measured, first and in the steady state each.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..))]
    requests: u16,

    /// Requests under way at once.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,

    /// Sessions that are built, half of them with a warm-up.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(2..))]
    sessions: u16,
}

/// The latencies of sessions that begin in the same way.
#[derive(Debug)]
struct Beginning {
    first: Latencies,
    steady: Latencies,
    reprepared: u64,
    built: Duration,
}

pub(crate) async fn run(options: &WarmUpOptions) -> Result<ExitCode, Box<dyn Error>> {
    tokio::select! {
        measured = measure(options) => measured.map(|()| ExitCode::SUCCESS),
        signal = Termination::wait() => {
            eprintln!("pool-lab: told to end before the experiment was over; everything is closed");
            Ok(signal?.exit_code())
        }
    }
}

async fn measure(options: &WarmUpOptions) -> Result<(), Box<dyn Error>> {
    println!(
        "{} nodes, {} sessions of each kind, {} requests of each, {} at once; ms:",
        options.nodes,
        options.sessions / 2,
        options.requests,
        options.concurrency
    );
    println!(
        "  {:<9} {:>9} {:>10} {:>10} {:>11} {:>11} {:>6} {:>11}",
        "", "built in", "first p50", "first p99", "steady p50", "steady p99", "ratio", "reprepared"
    );
    for is_warmed in [false, true] {
        let mut beginning = Beginning {
            first: Latencies::new()?,
            steady: Latencies::new()?,
            reprepared: 0,
            built: Duration::ZERO,
        };
        let sessions = u32::from(options.sessions / 2);
        for _ in 0..sessions {
            begin(options, is_warmed, &mut beginning).await?;
        }
        let ms = |latencies: &Latencies, quantile| latencies.quantile(quantile).as_secs_f64() * 1e3;
        let (first, steady) = (ms(&beginning.first, 0.99), ms(&beginning.steady, 0.99));
        println!(
            "  {:<9} {:>9.1} {:>10.2} {:>10.2} {:>11.2} {:>11.2} {:>6.2} {:>11}",
            if is_warmed { "warmed up" } else { "cold" },
            (beginning.built / sessions).as_secs_f64() * 1e3,
            ms(&beginning.first, 0.5),
            first,
            ms(&beginning.steady, 0.5),
            steady,
            first / steady,
            beginning.reprepared
        );
    }
    Ok(())
}

/// A cluster of its own for each session: its nodes know no statement, as after a restart.
async fn start(nodes: u16) -> Result<EmbeddedCluster, Box<dyn Error>> {
    let cluster = EmbeddedCluster::start(nodes.into()).await?;
    let session = Session::builder().contact_points(cluster.contact_points()).build().await?;
    session
        .query("CREATE KEYSPACE lab WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", ())
        .await?;
    session.query("CREATE TABLE lab.t (k int PRIMARY KEY, v text)", ()).await?;
    session.shutdown(Duration::from_secs(5)).await;
    // As long as a node may well take; PREPARE takes as long.
    cluster.inject(Fault::delay(Duration::from_millis(2)).matching("lab.t")).leave();
    Ok(cluster)
}

/// Builds a session, and measures its first requests and those of its steady state.
async fn begin(
    options: &WarmUpOptions,
    is_warmed: bool,
    beginning: &mut Beginning,
) -> Result<(), Box<dyn Error>> {
    let cluster = start(options.nodes).await?;
    let asked = Instant::now();
    let mut builder =
        Session::builder().contact_points(cluster.contact_points()).pool(PoolConfig::fixed(2));
    if is_warmed {
        let warm_up =
            WarmUp::new().with_statement(SELECT).with_query("SELECT v FROM lab.t WHERE k = 0");
        builder = builder.warm_up(warm_up);
    }
    let session = builder.build().await?;
    beginning.built += asked.elapsed();
    let select = Arc::new(session.prepare(SELECT).await?);
    let requests = i32::from(options.requests);
    for latencies in [Some(&beginning.first), None, Some(&beginning.steady)] {
        let request = |k: i32| {
            let (session, select) = (session.clone(), Arc::clone(&select));
            async move {
                let asked = Instant::now();
                session.execute(&select, (k,)).await?;
                if let Some(latencies) = latencies {
                    latencies.record(asked.elapsed());
                }
                Ok::<_, helenus::RequestError>(())
            }
        };
        let mut done =
            stream::iter((0..requests).map(request)).buffer_unordered(options.concurrency.into());
        while let Some(done) = done.next().await {
            done?;
        }
    }
    beginning.reprepared += session.metrics().reprepared;
    session.shutdown(Duration::from_secs(5)).await;
    cluster.shutdown().await;
    Ok(())
}

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
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,

    /// Sessions that are built, half of them with a warm-up.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(2..))]
    sessions: u16,
}

/// What sessions that begin in the same way took, in ms, a figure for each session.
#[derive(Debug, Default)]
struct Beginnings {
    built: Vec<f64>,
    /// The 50th and the 99th of a hundred of the first requests, and of those in the steady state.
    first: [Vec<f64>; 2],
    steady: [Vec<f64>; 2],
    reprepared: u64,
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
        "{} nodes, {} sessions of each kind, {} requests of each, {} at once; medians of the sessions in ms:",
        options.nodes,
        options.sessions / 2,
        options.requests,
        options.concurrency
    );
    println!(
        "  {:<9} {:>9} {:>10} {:>10} {:>11} {:>11} {:>6} {:>11}",
        "", "built in", "first p50", "first p99", "steady p50", "steady p99", "ratio", "reprepared"
    );
    let mut kinds = [(false, Beginnings::default()), (true, Beginnings::default())];
    for _ in 0..options.sessions / 2 {
        for (is_warmed, beginnings) in &mut kinds {
            begin(options, *is_warmed, beginnings).await?;
        }
        // Whatever the machine does beside hits both kinds alike.
        kinds.reverse();
    }
    kinds.sort_by_key(|(is_warmed, _)| *is_warmed);
    for (is_warmed, beginnings) in &mut kinds {
        let Beginnings { built, first, steady, reprepared } = beginnings;
        let [first_p50, first_p99] = first.each_mut().map(|each| median(each));
        let [steady_p50, steady_p99] = steady.each_mut().map(|each| median(each));
        println!(
            "  {:<9} {:>9.1} {:>10.2} {:>10.2} {:>11.2} {:>11.2} {:>6.2} {:>11}",
            if *is_warmed { "warmed up" } else { "cold" },
            median(built),
            first_p50,
            first_p99,
            steady_p50,
            steady_p99,
            first_p99 / steady_p99,
            reprepared
        );
    }
    Ok(())
}

/// The middle of what was measured: one session that the machine held up says nothing about the others.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
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
    beginnings: &mut Beginnings,
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
    beginnings.built.push(millis(asked.elapsed()));
    let select = Arc::new(session.prepare(SELECT).await?);
    let requests = i32::from(options.requests);
    for kept in [Some(&mut beginnings.first), None, Some(&mut beginnings.steady)] {
        let latencies = &Latencies::new()?;
        let request = |k: i32| {
            let (session, select) = (session.clone(), Arc::clone(&select));
            async move {
                let asked = Instant::now();
                session.execute(&select, (k,)).await?;
                latencies.record(asked.elapsed());
                Ok::<_, helenus::RequestError>(())
            }
        };
        let mut done =
            stream::iter((0..requests).map(request)).buffer_unordered(options.concurrency.into());
        while let Some(done) = done.next().await {
            done?;
        }
        if let Some([p50, p99]) = kept {
            p50.push(millis(latencies.quantile(0.5)));
            p99.push(millis(latencies.quantile(0.99)));
        }
    }
    beginnings.reprepared += session.metrics().reprepared;
    session.shutdown(Duration::from_secs(5)).await;
    cluster.shutdown().await;
    Ok(())
}

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::bare::Bare;
use super::cdrs::Cdrs;
use super::helenus::Helenus;
use super::load::{self, Done, Latencies, Limit};
use super::peer::Peer;
use super::scylla::Scylla;
use super::usage::{processor_time, resident};
use super::{Driver, Options, Outcome, Protocol, Report, Workload, fill, idle};
use crate::Error;

const DEFAULT_SECONDS: f64 = 2.0;

/// Makes the load that the options describe. `allocations` counts those of this process, if anything does.
///
/// # Errors
/// A server that cannot be reached or that refuses a request, and the first answer that is wrong.
pub fn run(options: &Options, allocations: Option<fn() -> usize>) -> Result<Outcome, Error> {
    if let Some(reason) = unsupported(options) {
        return Ok(Outcome::Unsupported { unsupported: reason.to_owned() });
    }
    let runtime = match options.current_thread {
        true => Builder::new_current_thread().enable_all().build()?,
        false => Runtime::new()?,
    };
    let measured = runtime.block_on(async {
        match (options.workload, options.driver) {
            (Workload::Fill, _) => {
                measure(options, allocations, &Latencies::new()?, |_| fill::fill(options)).await
            }
            (Workload::Idle, _) => idle::measure(options).await,
            (_, Driver::Helenus) => {
                peer(options, allocations, Helenus::connect(options).await?).await
            }
            (_, Driver::Scylla) => {
                peer(options, allocations, Scylla::connect(options).await?).await
            }
            (_, Driver::Cdrs) if options.tls.is_some() => {
                peer(options, allocations, Cdrs::connect_tls(options).await?).await
            }
            (_, Driver::Cdrs) => peer(options, allocations, Cdrs::connect(options).await?).await,
            (_, Driver::Bare) => {
                let mut bare = Bare::connect(options).await?;
                let latencies = Latencies::new()?;
                bare.run(Limit::Requests(options.warmup), &latencies).await?;
                let latencies = Latencies::new()?;
                measure(options, allocations, &latencies, |limit| bare.run(limit, &latencies)).await
            }
        }
    })?;
    Ok(Outcome::Measured(measured))
}

fn unsupported(options: &Options) -> Option<&'static str> {
    match options.driver {
        Driver::Scylla if options.protocol == Protocol::V5 => Some("speaks v4 only"),
        Driver::Cdrs if options.workload == Workload::Stream => Some("has no stream of rows"),
        Driver::Bare if options.workload == Workload::Stream => Some("has no stream of rows"),
        Driver::Cdrs | Driver::Bare if options.workload == Workload::Idle => {
            Some("is not measured")
        }
        _ => None,
    }
}

async fn peer<P: Peer>(
    options: &Options,
    allocations: Option<fn() -> usize>,
    peer: P,
) -> Result<Report, Error> {
    let peer = Arc::new(peer);
    if options.warmup > 0 {
        let latencies = Arc::new(Latencies::new()?);
        load::run(&peer, options, Limit::Requests(options.warmup), &latencies).await?;
    }
    let latencies = Arc::new(Latencies::new()?);
    measure(options, allocations, &latencies, |limit| load::run(&peer, options, limit, &latencies))
        .await
}

async fn measure<F: Future<Output = Result<Done, Error>>>(
    options: &Options,
    allocations: Option<fn() -> usize>,
    latencies: &Latencies,
    load: impl FnOnce(Limit) -> F,
) -> Result<Report, Error> {
    let rss_before_kib = resident()?;
    let allocated = allocations.map(|count| count());
    let (start, cpu) = (Instant::now(), processor_time());
    let limit = match (options.requests, options.seconds.unwrap_or(DEFAULT_SECONDS)) {
        (Some(requests), _) => Limit::Requests(requests),
        (None, seconds) => Limit::Until(start + Duration::try_from_secs_f64(seconds)?),
    };
    let Done { requests, rows } = load(limit).await?;
    let (time, cpu) = (start.elapsed(), processor_time() - cpu);
    let allocated = allocated.zip(allocations).map(|(before, count)| count() - before);
    if requests == 0 {
        return Err("not one request was made".into());
    }
    let (seconds, each) = (time.as_secs_f64(), requests as f64);
    Ok(Report {
        driver: options.driver,
        workload: options.workload,
        requests,
        rows,
        seconds,
        requests_per_second: each / seconds,
        rows_per_second: rows as f64 / seconds,
        cpu_us_per_request: cpu.as_secs_f64() * 1e6 / each,
        process_seconds: processor_time().as_secs_f64(),
        busy: cpu.as_secs_f64() / seconds,
        p50_us: latencies.quantile(0.5),
        p99_us: latencies.quantile(0.99),
        max_us: latencies.quantile(1.0),
        allocations_per_request: allocated.map(|count| count as f64 / each),
        rss_before_kib,
        rss_after_kib: resident()?,
    })
}

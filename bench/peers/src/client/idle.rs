use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::usage::{processor_time, resident, sockets};
use super::{Driver, Options, Report, helenus, scylla};
use crate::Error;

/// How long the connections may take to open.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens a session, waits for its connections, and measures the memory of the process before and behind it.
pub(super) async fn measure(options: &Options) -> Result<Report, Error> {
    let start = Instant::now();
    let rss_before_kib = resident()?;
    let before = sockets()?;
    let (helenus, scylla);
    match options.driver {
        Driver::Scylla => {
            scylla = scylla::session(options).await?;
            let _held = &scylla;
        }
        _ => {
            helenus = helenus::session(options).await?;
            let _held = &helenus;
        }
    }
    while sockets()? < before + options.sockets {
        if start.elapsed() > PATIENCE {
            let open = sockets()? - before;
            return Err(format!("{open} of {} connections were opened", options.sockets).into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    // Handshakes end a little after their sockets are there; what they used is given back by then.
    sleep(Duration::from_secs(2)).await;
    Ok(Report {
        driver: options.driver,
        workload: options.workload,
        requests: 0,
        rows: 0,
        seconds: start.elapsed().as_secs_f64(),
        requests_per_second: 0.0,
        rows_per_second: 0.0,
        cpu_us_per_request: 0.0,
        process_seconds: processor_time().as_secs_f64(),
        busy: 0.0,
        p50_us: 0.0,
        p99_us: 0.0,
        max_us: 0.0,
        allocations_per_request: None,
        rss_before_kib,
        rss_after_kib: resident()?,
    })
}

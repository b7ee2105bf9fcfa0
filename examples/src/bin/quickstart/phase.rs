use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use hdrhistogram::Histogram;
use helenus::Session;
use indicatif::{ProgressBar, ProgressStyle};

use crate::table::Done;

/// Longer latencies than this count as this.
const LONGEST: Duration = Duration::from_secs(60);

/// One request for each row, so many at once.
pub(crate) struct Phase {
    name: &'static str,
    rows: i32,
}

/// What a phase came to.
pub(crate) struct Report {
    name: &'static str,
    rows: i32,
    elapsed: Duration,
    /// In microseconds.
    latencies: Histogram<u64>,
    at_replica: u64,
}

impl Phase {
    pub(crate) fn new(name: &'static str, rows: i32) -> Self {
        Self { name, rows }
    }

    /// Makes the requests; the first that fails ends it.
    pub(crate) async fn run<F, R>(
        self,
        session: &Session,
        concurrency: usize,
        request: F,
    ) -> Result<Report, Box<dyn Error>>
    where
        F: Fn(i32) -> R,
        R: Future<Output = Result<Done, Box<dyn Error>>>,
    {
        let bar = ProgressBar::new(self.rows.unsigned_abs().into());
        bar.set_style(ProgressStyle::with_template("{prefix:>6} {bar:40} {pos}/{len} {per_sec}")?);
        bar.set_prefix(self.name);
        let mut latencies = Histogram::new_with_bounds(1, LONGEST.as_micros().try_into()?, 3)?;
        let mut at_replica = 0;
        let started = Instant::now();
        let mut requests = stream::iter(0..self.rows)
            .map(|row| {
                let request = request(row);
                async move {
                    let started = Instant::now();
                    request.await.map(|done| (done, started.elapsed()))
                }
            })
            .buffer_unordered(concurrency);
        while let Some((done, latency)) = requests.try_next().await? {
            latencies.saturating_record(u64::try_from(latency.as_micros())?);
            at_replica += u64::from(done.is_at_replica(session));
            bar.inc(1);
        }
        let elapsed = started.elapsed();
        bar.finish_and_clear();
        Ok(Report { name: self.name, rows: self.rows, elapsed, latencies, at_replica })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = f64::from(self.rows) / self.elapsed.as_secs_f64();
        write!(f, "{:>6} {} rows, {per_second:.0} a second; latency", self.name, self.rows)?;
        for (name, quantile) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)] {
            let latency = Duration::from_micros(self.latencies.value_at_quantile(quantile));
            write!(f, " {name} {latency:.1?}")?;
        }
        write!(f, "; {} of {} at a replica", self.at_replica, self.rows)
    }
}

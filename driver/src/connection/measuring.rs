use std::sync::Arc;
use std::time::Duration;

use helenus_policies::LatencyHistogram;
use tokio::time::Instant;

use crate::health::Vitals;

/// How often the mean of a node's latencies takes in what its connections measured: it is shared between them.
const PASSED_ON_EVERY: Duration = Duration::from_millis(1);

/// Answers of a batch that are all measured; of those behind them every so many is, and counts for as many.
const ALL: u32 = 2;
const STRIDE: u32 = 8;

/// What a connection's reader measures. Nobody else writes it, so that it costs requests next to nothing.
#[derive(Debug)]
pub(super) struct Measuring<'a> {
    times: &'a LatencyHistogram,
    vitals: &'a Vitals,
    /// When the answers came that are given out now.
    now: Instant,
    /// Answers of this batch that were measured without exception.
    measured: u32,
    /// Answers for which the next one counts too.
    skipped: u32,
    /// Not passed on yet.
    /// In nanoseconds.
    sum: u64,
    count: u64,
    passed_on: Instant,
}

impl<'a> Measuring<'a> {
    pub(super) fn new(times: &'a Arc<LatencyHistogram>, vitals: &'a Vitals) -> Self {
        let now = Instant::now();
        Self { times, vitals, now, measured: 0, skipped: 0, sum: 0, count: 0, passed_on: now }
    }

    /// Reads the clock for the answers that are about to be given out.
    pub(super) fn begin(&mut self) {
        self.now = Instant::now();
        self.measured = 0;
    }

    /// Takes in an answer to a request that was sent at `sent`.
    #[inline]
    pub(super) fn answer(&mut self, sent: Instant) {
        if self.measured >= ALL && self.skipped < STRIDE - 1 {
            self.skipped += 1;
            return;
        }
        self.measured += 1;
        let time = self.now.saturating_duration_since(sent);
        // Nobody waits for 584 years.
        let nanos = time.as_secs().wrapping_mul(1_000_000_000) + u64::from(time.subsec_nanos());
        self.times.record_alone(nanos, u64::from(std::mem::take(&mut self.skipped) + 1));
        self.sum = self.sum.wrapping_add(nanos);
        self.count += 1;
    }

    /// Passes on what was measured, every once in a while.
    pub(super) fn end(&mut self) {
        if self.count > 0 && self.now.saturating_duration_since(self.passed_on) >= PASSED_ON_EVERY {
            let mean = std::mem::take(&mut self.sum) / std::mem::take(&mut self.count);
            self.vitals.latency.record(Duration::from_nanos(mean), self.now.into_std());
            self.passed_on = self.now;
        }
    }
}

use std::fmt;
use std::time::Duration;

/// What came of a scenario with a client.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) scenario: &'static str,
    pub(crate) client: &'static str,
    /// What the requests took that succeeded.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) requests: usize,
    pub(crate) failed: usize,
    pub(crate) retries: usize,
    pub(crate) speculations: usize,
    /// Attempts, by node.
    pub(crate) attempts: Vec<usize>,
    pub(crate) slow: Vec<u32>,
}

impl Report {
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get(last * percent / 100).copied().unwrap_or(Duration::MAX)
    }

    /// The load of the busiest node, as a multiple of the mean of those that got any.
    pub(crate) fn imbalance(&self) -> f64 {
        let used = self.attempts.iter().filter(|attempts| **attempts > 0).count();
        let max = self.attempts.iter().max().copied().unwrap_or(0);
        max as f64 * used as f64 / self.all_attempts() as f64
    }

    /// The part of all attempts that went to slow nodes.
    pub(crate) fn to_slow(&self) -> f64 {
        let slow = self.slow.iter().map(|node| self.attempts[*node as usize]).sum::<usize>();
        slow as f64 / self.all_attempts() as f64
    }

    /// Attempts for each request.
    pub(crate) fn load(&self) -> f64 {
        self.all_attempts() as f64 / self.requests as f64
    }

    pub(crate) fn all_attempts(&self) -> usize {
        self.attempts.iter().sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |percent| self.percentile(percent).as_secs_f64() * 1e3;
        let part = |count: usize| 100.0 * count as f64 / self.requests as f64;
        write!(
            f,
            "{:<18} {:<26} p50 {:>8.2} ms  p99 {:>9.2} ms  imbalance {:>5.2}  to slow {:>6.2} %  \
             retries {:>6.2} %  speculation {:>5.2} %  failed {:>6.2} %",
            self.scenario,
            self.client,
            millis(50),
            millis(99),
            self.imbalance(),
            100.0 * self.to_slow(),
            part(self.retries),
            part(self.speculations),
            part(self.failed),
        )
    }
}

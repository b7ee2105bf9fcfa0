use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long a node's answers took of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// The mean, in which older answers count less.
    pub mean: Duration,
    /// Answers that it is made of.
    pub measurements: u64,
    /// When the last of them came.
    pub last: Instant,
}

/// A mean of latencies in which each counts less the older it is. Measured and read from any thread without a lock.
///
/// A measurement that comes right after another counts little, one after a long silence nearly replaces the mean.
#[derive(Debug)]
pub struct DecayedLatency {
    started: Instant,
    scale: Duration,
    mean: AtomicU64,
    last: AtomicU64,
    measurements: AtomicU64,
}

impl DecayedLatency {
    /// No measurement yet; `now` is any time before the first. The mean follows a change within about 100 ms.
    pub fn new(now: Instant) -> Self {
        Self {
            started: now,
            scale: Duration::from_millis(100),
            mean: AtomicU64::new(0),
            last: AtomicU64::new(0),
            measurements: AtomicU64::new(0),
        }
    }

    /// How long it takes about until the mean has followed a change. Default 100 ms; at least 1 µs.
    #[must_use]
    pub fn with_scale(mut self, scale: Duration) -> Self {
        self.scale = scale.max(Duration::from_micros(1));
        self
    }

    /// Takes in that an answer took `latency`.
    ///
    /// Of measurements from several threads at the very same moment one may be lost, which changes no mean by much.
    pub fn record(&self, latency: Duration, now: Instant) {
        let (latency, now) = (nanos(latency), nanos(now.saturating_duration_since(self.started)));
        let count = self.measurements.fetch_add(1, Relaxed);
        let since = now.saturating_sub(self.last.swap(now, Relaxed)).max(1_000);
        let mean = if count == 0 {
            latency
        } else {
            let scaled = since as f64 / self.scale.as_nanos() as f64;
            let of_old = scaled.ln_1p() / scaled;
            let old = Duration::from_nanos(self.mean.load(Relaxed)).mul_f64(of_old);
            nanos(old + Duration::from_nanos(latency).mul_f64(1.0 - of_old))
        };
        self.mean.store(mean, Relaxed);
    }

    /// Begins anew: what was measured says nothing of what will be.
    pub fn forget(&self) {
        self.measurements.store(0, Relaxed);
    }

    /// The mean; `None` before the first measurement.
    pub fn get(&self) -> Option<Latency> {
        let measurements = self.measurements.load(Relaxed);
        (measurements > 0).then(|| Latency {
            mean: Duration::from_nanos(self.mean.load(Relaxed)),
            measurements,
            last: self.started + Duration::from_nanos(self.last.load(Relaxed)),
        })
    }
}

/// Nanoseconds that fit a `u64`, as those of any duration under 584 years do.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_mean_follows_a_change_within_a_few_scales() {
        let start = Instant::now();
        let latency = DecayedLatency::new(start);
        assert_eq!(latency.get(), None);
        (1..=1000).for_each(|n| latency.record(MS, start + n * MS));
        assert_eq!(latency.get().unwrap().mean.as_micros(), 1000);
        (1001..=1050).for_each(|n| latency.record(10 * MS, start + n * MS));
        let soon = latency.get().unwrap().mean;
        assert!(soon > 2 * MS && soon < 5 * MS, "{soon:?}");
        (1051..=2000).for_each(|n| latency.record(10 * MS, start + n * MS));
        let later = latency.get().unwrap();
        assert!(later.mean > 9 * MS, "{later:?}");
        assert_eq!((later.measurements, later.last), (2000, start + 2000 * MS));
    }

    #[test]
    fn after_a_long_silence_one_measurement_counts_most() {
        let start = Instant::now();
        let latency = DecayedLatency::new(start);
        latency.record(100 * MS, start);
        latency.record(MS, start + Duration::from_secs(60));
        assert!(latency.get().unwrap().mean < 5 * MS);
    }

    #[test]
    fn what_is_forgotten_has_no_part_in_the_mean() {
        let start = Instant::now();
        let latency = DecayedLatency::new(start);
        latency.record(1000 * MS, start + MS);
        latency.forget();
        assert_eq!(latency.get(), None);
        latency.record(MS, start + 2 * MS);
        assert_eq!(latency.get().unwrap().mean, MS);
    }

    #[test]
    fn extremes_do_no_harm() {
        let start = Instant::now();
        let latency = DecayedLatency::new(start).with_scale(Duration::ZERO);
        latency.record(Duration::MAX, start);
        latency.record(Duration::ZERO, start);
        latency.record(Duration::MAX, start + Duration::from_secs(1 << 32));
        assert!(latency.get().is_some());
    }
}

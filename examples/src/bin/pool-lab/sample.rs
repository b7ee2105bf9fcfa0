use std::fmt;
use std::time::Duration;

/// What is asked of the pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Before,
    Burst,
    After,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "quiet before",
            Self::Burst => "burst",
            Self::After => "quiet after",
        })
    }
}

/// A pool at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) at: Duration,
    pub(crate) phase: Phase,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) waiting: usize,
    /// Of the requests that ended since the moment before.
    pub(crate) p99: Duration,
}

/// What is drawn of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) value: fn(&Sample) -> f64,
    /// Whether its values differ by orders of magnitude.
    pub(crate) is_logarithmic: bool,
}

pub(crate) const CURVES: [Curve; 4] = [
    Curve { name: "connections", value: |sample| sample.connections as f64, is_logarithmic: false },
    Curve { name: "in flight", value: |sample| sample.in_flight as f64, is_logarithmic: false },
    Curve { name: "waiting", value: |sample| sample.waiting as f64, is_logarithmic: false },
    Curve { name: "p99, ms", value: |sample| sample.p99.as_secs_f64() * 1e3, is_logarithmic: true },
];

/// A phase, and what is asked of the pools in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) phase: Phase,
    /// Requests per second.
    pub(crate) rate: u32,
    pub(crate) length: Duration,
}

/// A pool from beginning to end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course(Vec<Sample>);

impl Course {
    pub(crate) fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    pub(crate) fn samples(&self) -> &[Sample] {
        &self.0
    }

    pub(crate) fn last(&self) -> Option<&Sample> {
        self.0.last()
    }

    /// The most connections that it had.
    pub(crate) fn peak(&self) -> usize {
        self.0.iter().map(|sample| sample.connections).max().unwrap_or(0)
    }

    /// How long after the burst it was down to so many connections for good.
    pub(crate) fn back_to(&self, connections: usize) -> Option<Duration> {
        let after = self.0.iter().find(|sample| sample.phase == Phase::After)?.at;
        let late = self.0.iter().rev().take_while(|sample| sample.connections <= connections);
        let back = late.last()?.at;
        Some(back.saturating_sub(after))
    }
}

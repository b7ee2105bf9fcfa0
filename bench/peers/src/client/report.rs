use serde::{Deserialize, Serialize};

use super::{Driver, Workload};

/// What became of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was made, and every answer was right.
    Measured(Report),
    /// The driver cannot do it.
    Unsupported {
        /// Why not.
        unsupported: String,
    },
}

/// What was measured in a run, its warm-up left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Who was measured.
    pub driver: Driver,
    /// At what.
    pub workload: Workload,
    /// Requests, each with an answer that was checked; of a scan, its pages.
    pub requests: u64,
    /// Rows in the answers.
    pub rows: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Requests per second.
    pub requests_per_second: f64,
    /// Rows per second.
    pub rows_per_second: f64,
    /// Processor time of the client, user space and kernel, per request, in microseconds.
    pub cpu_us_per_request: f64,
    /// Processor time of the whole process, from its start on, in seconds.
    pub process_seconds: f64,
    /// The part of the time in which the client used a core; above 1 where it used several.
    pub busy: f64,
    /// The latency of the middle request, in microseconds.
    pub p50_us: f64,
    /// The latency that one request in a hundred exceeds, in microseconds.
    pub p99_us: f64,
    /// The longest latency, in microseconds.
    pub max_us: f64,
    /// Allocations per request, where they are counted.
    pub allocations_per_request: Option<f64>,
    /// Memory that the process held before the requests that are measured, in KiB.
    pub rss_before_kib: u64,
    /// And behind them.
    pub rss_after_kib: u64,
}

use std::path::PathBuf;

use bench_peers::client::{Driver, Workload};
use clap::Parser;

/// Measures Helenus beside other drivers. Client and server each have a core of their own where there are two.
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo xtask bench peers", bin_name = "cargo xtask bench peers")]
pub(crate) struct Options {
    /// Reads only, with 64 and with 1,024 requests in flight, in three rounds.
    #[arg(long)]
    quick: bool,

    /// This workload only.
    #[arg(long)]
    pub(crate) only: Option<Workload>,

    /// The drivers to measure, with commas between them.
    #[arg(long, value_delimiter = ',', default_value = "helenus,scylla,cdrs,bare")]
    drivers: Vec<Driver>,

    /// How often each driver has its turn. Default 5, and 3 with `--quick`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,

    /// How long a turn takes, in seconds.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,

    /// Counts allocations, instructions and system calls only: what other programs do changes them little.
    #[arg(long)]
    counts: bool,

    /// Measures memory instead: a session with 100 nodes, and one that makes ten million requests.
    #[arg(long)]
    pub(crate) memory: bool,

    /// Nodes of a real cluster, as host:port, with commas between them. Its keyspace `bench` is made anew.
    #[arg(long, value_delimiter = ',')]
    pub(crate) contact_points: Vec<String>,

    /// Rows to write into a real cluster before it is read.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keys: u64,

    /// The directory that peers.json and peers.svg are written to.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench"))]
    pub(crate) output: PathBuf,

    /// What cargo tells every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 5 })
    }

    pub(crate) fn is_quick(&self) -> bool {
        self.quick
    }

    /// Whether anything but counts is measured.
    pub(crate) fn rates(&self) -> bool {
        !self.counts
    }

    /// Whether the server is one that others made.
    pub(crate) fn is_real(&self) -> bool {
        !self.contact_points.is_empty()
    }

    /// Whether allocations, instructions and system calls are counted.
    pub(crate) fn counts(&self) -> bool {
        let is_asked = self.counts || (!self.quick && self.only.is_none());
        is_asked && !self.is_real()
    }

    /// The drivers to measure. The bare client knows one node only, so a real cluster does not see it.
    pub(crate) fn drivers(&self) -> impl Iterator<Item = Driver> {
        let is_real = self.is_real();
        self.drivers.iter().copied().filter(move |driver| !is_real || *driver != Driver::Bare)
    }
}

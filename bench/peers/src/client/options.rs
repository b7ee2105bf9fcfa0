use std::path::PathBuf;

use clap::{ArgGroup, Parser};

use super::{Compression, Driver, Protocol, Workload};
use crate::items::{PAGE_ROWS, PAGES};

/// Loads a CQL server with one driver, checks every answer, and prints one line of JSON.
#[derive(Debug, Clone, Parser)]
#[command(group = ArgGroup::new("limit").args(["seconds", "requests"]))]
pub struct Options {
    /// Who talks to the server.
    #[arg(long)]
    pub driver: Driver,

    /// What is asked of it.
    #[arg(long, default_value_t = Workload::Read)]
    pub workload: Workload,

    /// Nodes by which the cluster is found, as host:port, with commas between them.
    #[arg(long, required = true, value_delimiter = ',')]
    pub contact_points: Vec<String>,

    /// Requests that wait for their answers at any time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=32_768))]
    pub in_flight: u32,

    /// Connections to each node.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub connections: u32,

    /// The version of the protocol.
    #[arg(long, default_value_t = Protocol::V4)]
    pub protocol: Protocol,

    /// What compresses frames.
    #[arg(long, default_value_t = Compression::None)]
    pub compression: Compression,

    /// Speaks TLS with a server that has this certificate, or one that it signed.
    #[arg(long)]
    pub tls: Option<PathBuf>,

    /// How long requests are made, in seconds; 2 where `--requests` does not say how many.
    #[arg(long)]
    pub seconds: Option<f64>,

    /// How many requests are made; of a scan or a stream, how many times all rows are read.
    #[arg(long)]
    pub requests: Option<u64>,

    /// Requests that are made before anything is measured, likewise.
    #[arg(long, default_value_t = 0)]
    pub warmup: u64,

    /// Rows in the table; their ids begin with 0.
    #[arg(long, default_value_t = (PAGES * PAGE_ROWS) as u64, value_parser = clap::value_parser!(u64).range(1..))]
    pub keys: u64,

    /// With the workload `idle`, the connections to wait for.
    #[arg(long, default_value_t = 1)]
    pub sockets: usize,

    /// Runs everything in one thread.
    #[arg(long)]
    pub current_thread: bool,

    /// Runs on this core only.
    #[arg(long)]
    pub core: Option<usize>,
}

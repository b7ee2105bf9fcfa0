use std::path::PathBuf;

use clap::Parser;

/// A CQL server that knows its answers by heart. Prints `ready <port>` once it listens.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// The port of all nodes; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,

    /// Nodes, on 127.0.0.1 and the addresses behind it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=250))]
    pub nodes: u16,

    /// Tokens of each node.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub tokens: u16,

    /// Speaks TLS, and writes the certificate that clients have to trust to this file.
    #[arg(long)]
    pub tls: Option<PathBuf>,

    /// Runs on this core only.
    #[arg(long)]
    pub core: Option<usize>,
}

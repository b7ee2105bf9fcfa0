//! Shows how pools of different sizes take a burst: quiet, burst, quiet, against an embedded cluster whose node takes
//! 2 ms for each request. Three pools run side by side: always the least connections, always the most, and one that
//! adapts. Connections, requests in flight and waiting, and latencies are drawn live, and into an SVG at the end.
//!
//! A connection of the native protocol carries up to 32,768 requests at once, so that one is nearly always enough:
//! what limits throughput is the node, or a core. To make sizes matter at all, the lab lets a connection carry only two
//! requests at once. Take its curves for how a pool behaves that is short of connections, not for what to expect of
//! yours.
//!
//! ```text
//! cargo run --release -p helenus-examples --bin pool-lab -- burst --svg pools.svg
//! cargo run --release -p helenus-examples --bin pool-lab -- warm-up
//! ```

mod burst;
mod chart;
mod lab;
mod latencies;
mod load;
mod sample;
mod screen;
mod verdict;
mod warm_up;

use std::error::Error;
use std::process::ExitCode;

use burst::BurstOptions;
use clap::{Parser, Subcommand};
use warm_up::WarmUpOptions;

/// Shows what the sizes of pools and their warm-up do for requests.
#[derive(Debug, Parser)]
#[command(name = "pool-lab", version)]
struct Options {
    #[command(subcommand)]
    experiment: Experiment,
}

#[derive(Debug, Subcommand)]
enum Experiment {
    /// Quiet, burst, quiet: a pool of the least connections, one of the most, and one that adapts.
    Burst(BurstOptions),
    /// The first requests of a session, with and without a warm-up.
    WarmUp(WarmUpOptions),
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run(Options::parse().experiment).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("pool-lab: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(experiment: Experiment) -> Result<ExitCode, Box<dyn Error>> {
    match experiment {
        Experiment::Burst(options) => burst::run(&options).await,
        Experiment::WarmUp(options) => warm_up::run(&options).await,
    }
}

//! The command `helenus-testkit`: embedded CQL clusters for any program to connect to.
//!
//! ```text
//! helenus-testkit serve --dcs dc1:2,dc2:1 --load schema.cql --control 127.0.0.1:9900
//! helenus-testkit fault add delay 50ms --node 1 --matching 'FROM shop.orders' --control 127.0.0.1:9900
//! helenus-testkit watch --control 127.0.0.1:9900
//! ```
//!
//! `serve` prints where to connect, one `address:port` a line, then `ready`. With `--control` it also listens on a
//! loopback port or a Unix socket for lines of JSON, which the other commands send; any program may. A request is an
//! object whose `do` says what, such as `{"do":"down","node":1}`; the answer is `{"ok":…}` or
//! `{"error":{"kind":…,"message":…}}`, one line each. After `{"do":"watch"}` a line comes for every request that the
//! cluster is sent.

mod arguments;
mod client;
mod cluster_options;
mod control;
mod datacenters;
mod error;
mod fault_arguments;
mod node_arguments;
mod proxy;
mod serve;
mod stop;
mod user;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command};
use error::CliError;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helenus-testkit: {}", error.with_causes());
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve::run(*serve).await,
            Command::Proxy(arguments) => proxy::run(arguments).await,
            Command::Replay(arguments) => proxy::replay(arguments).await,
            Command::Fault(fault) => fault.run().await,
            Command::Node(node) => node.run().await,
            Command::Load(load) => client::load(load).await,
            Command::Watch(watch) => client::watch(watch).await,
        }
    });
    // A read of the standard input cannot be broken off, and would be waited for.
    runtime.shutdown_background();
    done
}

//! The project's own commands: `cargo xtask help` lists them.

mod bench;
mod cassandra;
mod dependencies;
mod error;
mod fuzz;
mod lint;
mod real;
mod run;
mod summary;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::Error;

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start, show and stop real Apache Cassandra clusters on this machine, without Docker.
    #[command(subcommand)]
    Cassandra(cassandra::Command),
    /// Run all tests, those against a real cluster too when one can be had.
    Test(test::Arguments),
    /// Check formatting, lints, documentation and dependencies.
    Lint,
    /// Feed hostile input to the protocol.
    Fuzz(fuzz::Arguments),
    /// Run a benchmark, or list them.
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Cassandra(command) => command.run().map(|()| ExitCode::SUCCESS),
        Command::Test(arguments) => test::run(&arguments),
        Command::Lint => lint::run().map(|()| ExitCode::SUCCESS),
        Command::Fuzz(arguments) => fuzz::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}

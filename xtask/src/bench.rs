use clap::{Args, ValueEnum};

use crate::Error;
use crate::run::{Interrupt, run_lines};
use crate::workspace::cargo;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The benchmark to run; without it they are listed.
    benchmark: Option<Benchmark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// Decode a page of rows and encode an EXECUTE, beside the scylla crate and cdrs-tokio.
    Codec,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    match arguments.benchmark {
        Some(benchmark) => benchmark.run(),
        None => {
            list();
            Ok(())
        }
    }
}

fn list() {
    for value in Benchmark::value_variants().iter().filter_map(ValueEnum::to_possible_value) {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        println!("cargo xtask bench {:<8} {help}", value.get_name());
    }
}

impl Benchmark {
    fn name(self) -> &'static str {
        match self {
            Self::Codec => "codec",
        }
    }

    /// Builds and runs it in the workspace of the benchmarks, and prints what it prints.
    fn run(self) -> Result<(), Error> {
        let name = self.name();
        let mut command = cargo(&["bench", "--locked", "--manifest-path", "bench/Cargo.toml"]);
        command.args(["--bench", name]);
        match run_lines(&mut command, &Interrupt::listen()?, &mut |line| println!("{line}"))? {
            true => Ok(()),
            false => Err(Error::Failed(format!("the benchmark `{name}` failed"))),
        }
    }
}

use clap::{Args, ValueEnum};

use crate::Error;
use crate::run::{Interrupt, run_lines};
use crate::workspace::cargo;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The benchmark to run; without it they are listed.
    benchmark: Option<Benchmark>,

    /// Options of the benchmark; `-- --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// Decode a page of rows and encode an EXECUTE, beside the scylla crate and cdrs-tokio.
    Codec,
    /// Read, write and scan with whole drivers, beside the scylla crate and cdrs-tokio.
    Peers,
    /// Plan requests, build topologies and replica tables.
    Policies,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    match arguments.benchmark {
        Some(benchmark) => benchmark.run(&arguments.options),
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
            Self::Peers => "peers",
            Self::Policies => "policies",
        }
    }

    /// Builds and runs it in the workspace of the benchmarks, and prints what it prints.
    fn run(self, options: &[String]) -> Result<(), Error> {
        let name = self.name();
        let mut command = cargo(&["bench", "--locked", "--manifest-path", "bench/Cargo.toml"]);
        command.args(["--package", &format!("bench-{name}"), "--bench", name, "--"]).args(options);
        match run_lines(&mut command, &Interrupt::listen()?, &mut |line| println!("{line}"))? {
            true => Ok(()),
            false => Err(Error::Failed(format!("the benchmark `{name}` failed"))),
        }
    }
}

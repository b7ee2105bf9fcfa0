use std::process::{Command, ExitCode};

use clap::{Args, ValueEnum};

use crate::Error;
use crate::real::{Real, RealClusters, VARIABLES};
use crate::run::{Interrupt, run_lines};
use crate::summary::{Outcome, Step, Summary, Tally};
use crate::workspace::{Metadata, cargo};

/// Tests that need a real cluster.
#[derive(Debug, Clone, Copy)]
struct RealTarget {
    package: &'static str,
    target: &'static str,
}

const REAL_TARGETS: [RealTarget; 3] = [
    RealTarget { package: "helenus", target: "cassandra" },
    RealTarget { package: "helenus-examples", target: "quickstart_cassandra" },
    RealTarget { package: "helenus-testkit", target: "differential" },
];

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Whether to run the tests that need a real cluster: when one can be had, always, or never.
    #[arg(long, value_enum, default_value = "auto")]
    cassandra: Cassandra,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cassandra {
    Auto,
    Required,
    Off,
}

/// Prints a summary whose last line counts all tests; the exit code tells whether any failed.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let interrupt = Interrupt::listen()?;
    let mut summary = Summary::default();
    let mut everything = cargo(&["test", "--workspace", "--no-fail-fast"]);
    for variable in VARIABLES {
        everything.env_remove(variable);
    }
    summary.steps.push(run_step("cargo test --workspace".into(), &mut everything, &interrupt)?);
    summary.steps.extend(real_steps(arguments.cassandra, &interrupt)?);
    println!("\n{summary}");
    Ok(if summary.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn real_steps(cassandra: Cassandra, interrupt: &Interrupt) -> Result<Vec<Step>, Error> {
    let all_steps = |outcome: &dyn Fn() -> Outcome| {
        REAL_TARGETS.iter().map(|target| target.step(outcome())).collect()
    };
    if cassandra == Cassandra::Off {
        return Ok(all_steps(&|| Outcome::Skipped("not wanted (--cassandra off)".into())));
    }
    let metadata = Metadata::load()?;
    let (present, missing): (Vec<RealTarget>, Vec<RealTarget>) =
        REAL_TARGETS.into_iter().partition(|target| target.exists(&metadata));
    let mut steps: Vec<Step> =
        missing.into_iter().map(|target| target.step(target.missing())).collect();
    if present.is_empty() {
        return Ok(steps);
    }
    let clusters = match RealClusters::find(interrupt) {
        Ok(Real::Here(clusters)) => clusters,
        Ok(Real::Nowhere(reason)) if cassandra == Cassandra::Auto => {
            return Ok(all_steps(&|| Outcome::Skipped(reason.clone())));
        }
        Ok(Real::Nowhere(reason)) => return Ok(all_steps(&|| Outcome::Failed(reason.clone()))),
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) => {
            return Ok(all_steps(&|| Outcome::Failed(format!("no real cluster: {error}"))));
        }
    };
    for target in present {
        let mut command = cargo(&["test", "--package", target.package, "--test", target.target]);
        command.envs(clusters.environment.iter().map(|(name, value)| (name, value)));
        steps.push(run_step(target.name(), &mut command, interrupt)?);
    }
    Ok(steps)
}

impl RealTarget {
    fn name(self) -> String {
        format!("cargo test -p {} --test {}", self.package, self.target)
    }

    fn step(self, outcome: Outcome) -> Step {
        Step { name: self.name(), outcome }
    }

    fn exists(self, metadata: &Metadata) -> bool {
        metadata
            .members()
            .any(|member| member.name == self.package && member.has_test_target(self.target))
    }

    fn missing(self) -> Outcome {
        Outcome::Failed(format!("package {} has no test target `{}`", self.package, self.target))
    }
}

fn run_step(name: String, command: &mut Command, interrupt: &Interrupt) -> Result<Step, Error> {
    println!("── {name}");
    let mut tally = Tally::default();
    let success = run_lines(command, interrupt, &mut |line| {
        println!("{line}");
        tally.read_line(line);
    })?;
    Ok(Step { name, outcome: Outcome::Ran { tally, success } })
}

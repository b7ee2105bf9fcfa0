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

const DRIVER: RealTarget = RealTarget { package: "helenus", target: "cassandra" };

const REAL_TARGETS: [RealTarget; 3] = [
    DRIVER,
    RealTarget { package: "helenus-examples", target: "quickstart_cassandra" },
    RealTarget { package: "helenus-testkit", target: "differential" },
];

/// The one test that needs a cluster of its own: of two data centers.
const DATACENTERS: &str = "the_loss_and_return_of_a_data_center_fails_no_idempotent_request";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Whether to run the tests that need a real cluster: when one can be had, always, or never.
    #[arg(long, value_enum, default_value = "auto")]
    cassandra: Cassandra,
    /// Run these parts alone.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What needs nothing.
    Workspace,
    /// What needs a real cluster.
    Cassandra,
    /// What needs a real cluster of two data centers.
    Datacenters,
}

impl Arguments {
    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
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
    if arguments.has(Part::Workspace) {
        let mut everything = cargo(&["test", "--workspace", "--no-fail-fast"]);
        for variable in VARIABLES {
            everything.env_remove(variable);
        }
        let name = "cargo test --workspace".into();
        summary.steps.push(run_step(name, &mut everything, &interrupt)?);
    }
    if arguments.has(Part::Cassandra) {
        summary.steps.extend(real_steps(arguments.cassandra, &interrupt)?);
    }
    // The memory of a small machine is enough for one cluster at a time.
    let is_wanted = arguments.cassandra != Cassandra::Off && arguments.has(Part::Datacenters);
    if is_wanted && RealClusters::are_launched() {
        summary.steps.push(datacenters_step(&interrupt)?);
    }
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
        steps.push(target.run(&clusters, &[], interrupt)?);
    }
    Ok(steps)
}

/// Runs the test of the loss of a data center on a cluster that is started for it.
fn datacenters_step(interrupt: &Interrupt) -> Result<Step, Error> {
    let only = ["--exact", DATACENTERS];
    match RealClusters::of_two_datacenters(interrupt) {
        Ok(clusters) => DRIVER.run(&clusters, &only, interrupt),
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => Ok(Step {
            name: DRIVER.name_of(&only),
            outcome: Outcome::Failed(format!("no cluster of two data centers: {error}")),
        }),
    }
}

impl RealTarget {
    fn name(self) -> String {
        self.name_of(&[])
    }

    /// `only` chooses among its tests.
    fn name_of(self, only: &[&str]) -> String {
        let mut name = format!("cargo test -p {} --test {}", self.package, self.target);
        for argument in ["--"].iter().filter(|_| !only.is_empty()).chain(only) {
            name.push(' ');
            name.push_str(argument);
        }
        name
    }

    fn run(
        self,
        clusters: &RealClusters,
        only: &[&str],
        interrupt: &Interrupt,
    ) -> Result<Step, Error> {
        let mut command = cargo(&["test", "--package", self.package, "--test", self.target, "--"]);
        command.args(only);
        command.envs(clusters.environment.iter().map(|(name, value)| (name, value)));
        run_step(self.name_of(only), &mut command, interrupt)
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

//! Allocations, instructions and system calls: what a long run takes more than a short one.

use std::fmt;

use bench_machine::{Callgrind, SystemCalls};
use bench_peers::Error;
use bench_peers::client::{Driver, Outcome, Workload};
use serde::Serialize;

use crate::cell::Cell;
use crate::client::{Server, run};
use crate::options::Options;
use crate::table::thousands;

const REQUESTS: u64 = 10_000;

const CLIENT: &str = env!("CARGO_BIN_EXE_client");
const COUNTED_CLIENT: &str = env!("CARGO_BIN_EXE_counted-client");

/// What a driver takes for a request.
#[derive(Debug, Serialize)]
pub(crate) struct Counts {
    workload: Workload,
    driver: Driver,
    allocations: Option<f64>,
    instructions: Option<f64>,
    system_calls: Option<f64>,
}

pub(crate) fn measure(options: &Options) -> Result<Vec<Counts>, Error> {
    let mut counts = Vec::new();
    let workloads = [Workload::Read, Workload::Write].into_iter();
    for workload in workloads.filter(|workload| options.only.is_none_or(|only| only == *workload)) {
        let cell = Cell::new(workload, 64);
        let server = Server::start(&cell, options)?;
        for driver in options.drivers() {
            let arguments = server.arguments(&cell, driver);
            counts.push(Counts {
                workload,
                driver,
                allocations: allocations(&arguments)?,
                instructions: instructions(&arguments)?,
                system_calls: system_calls(&arguments)?,
            });
        }
    }
    Ok(counts)
}

fn allocations(arguments: &[String]) -> Result<Option<f64>, Error> {
    let arguments = with(arguments, REQUESTS, &[&format!("--warmup={REQUESTS}")]);
    match run(COUNTED_CLIENT, &arguments)? {
        Outcome::Measured(report) => Ok(report.allocations_per_request),
        Outcome::Unsupported { .. } => Ok(None),
    }
}

/// In one thread, since valgrind runs one at a time.
fn instructions(arguments: &[String]) -> Result<Option<f64>, Error> {
    let Some(callgrind) = Callgrind::find() else { return Ok(None) };
    let count =
        |requests| callgrind.count(CLIENT, with(arguments, requests, &["--current-thread"]));
    Ok(Some(more(count(REQUESTS)?, count(2 * REQUESTS)?)))
}

/// In one thread, since strace slows down each switch between threads.
fn system_calls(arguments: &[String]) -> Result<Option<f64>, Error> {
    let Some(strace) = SystemCalls::find() else { return Ok(None) };
    let count = |requests| strace.count(CLIENT, with(arguments, requests, &["--current-thread"]));
    Ok(Some(more(count(REQUESTS)?, count(2 * REQUESTS)?)))
}

fn with(arguments: &[String], requests: u64, more: &[&str]) -> Vec<String> {
    let mut all = arguments.to_vec();
    all.push(format!("--requests={requests}"));
    all.extend(more.iter().map(ToString::to_string));
    all
}

fn more(short: u64, long: u64) -> f64 {
    (long as f64 - short as f64) / REQUESTS as f64
}

/// Counts as a table in Markdown.
pub(crate) struct Table<'a>(pub(crate) &'a [Counts]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### for each request, 64 in flight, 1 connection, v4\n")?;
        writeln!(
            f,
            "| workload | driver  | allocations | instructions | system calls for 1,000 |\n\
             |:---------|:--------|------------:|-------------:|-----------------------:|"
        )?;
        for counts in self.0 {
            let Counts { workload, driver, .. } = counts;
            let number = |count: Option<f64>, digits| {
                count.map_or("–".to_owned(), |count| format!("{count:.digits$}"))
            };
            let allocations = number(counts.allocations, 2);
            let instructions = counts.instructions.map_or("–".to_owned(), thousands);
            let calls = number(counts.system_calls.map(|calls| calls * 1e3), 1);
            writeln!(
                f,
                "| {workload:<8} | {driver:<7} | {allocations:>11} | {instructions:>12} | {calls:>22} |"
            )?;
        }
        Ok(())
    }
}

//! What a session holds: idle with many nodes, and before and behind many requests.

use std::fmt;

use bench_peers::Error;
use bench_peers::client::{Driver, Outcome, Report, Workload};

use crate::cell::Cell;
use crate::client::{Server, run};
use crate::options::Options;

const CLIENT: &str = env!("CARGO_BIN_EXE_client");
const NODES: u16 = 100;
const CONNECTIONS: u32 = 2;
const REQUESTS: u64 = 10_000_000;

pub(crate) struct Memory {
    idle: Vec<Report>,
    busy: Vec<Report>,
}

pub(crate) fn measure(options: &Options) -> Result<Memory, Error> {
    let idle = Cell { nodes: NODES, connections: CONNECTIONS, ..Cell::new(Workload::Idle, 1) };
    let sockets = u32::from(NODES) * CONNECTIONS;
    let busy = Cell::new(Workload::Read, 1024);
    Ok(Memory {
        idle: reports(idle, options, &[format!("--sockets={sockets}")])?,
        busy: reports(
            busy,
            options,
            &[format!("--requests={REQUESTS}"), "--warmup=100000".to_owned()],
        )?,
    })
}

fn reports(cell: Cell, options: &Options, more: &[String]) -> Result<Vec<Report>, Error> {
    let server = Server::start(&cell, options)?;
    let mut reports = Vec::new();
    for driver in options.drivers().filter(|driver| *driver != Driver::Bare) {
        let mut arguments = server.arguments(&cell, driver);
        arguments.extend_from_slice(more);
        if let Outcome::Measured(report) = run(CLIENT, &arguments)? {
            reports.push(report);
        }
    }
    Ok(reports)
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### idle, {CONNECTIONS} connections to each of {NODES} nodes\n")?;
        write_table(&self.idle, "no session", "session", f)?;
        writeln!(f, "\n### read, 1024 in flight, {REQUESTS} requests after 100000\n")?;
        write_table(&self.busy, "before", "after", f)
    }
}

fn write_table(
    reports: &[Report],
    before: &str,
    after: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    writeln!(f, "| driver  | {before:>10} MiB | {after:>10} MiB | difference KiB |")?;
    writeln!(f, "|:--------|---------------:|---------------:|---------------:|")?;
    for report in reports {
        let mebibytes = |kibibytes: u64| kibibytes as f64 / 1024.0;
        let (before, after) = (report.rss_before_kib, report.rss_after_kib);
        writeln!(
            f,
            "| {:<7} | {:>14.1} | {:>14.1} | {:>14} |",
            report.driver,
            mebibytes(before),
            mebibytes(after),
            after.cast_signed() - before.cast_signed(),
        )?;
    }
    Ok(())
}

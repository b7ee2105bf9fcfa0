use bench_peers::Error;
use bench_peers::client::{Driver, Outcome, Workload};

use crate::cell::Cell;
use crate::client::{Server, run};
use crate::disturbance::Disturbance;
use crate::measurement::{Line, Measurement, Result as LineResult, Turn};
use crate::options::Options;

const CLIENT: &str = env!("CARGO_BIN_EXE_client");

/// Makes the table of a real cluster, and writes its rows.
pub(crate) fn prepare(options: &Options) -> Result<(), Error> {
    if !options.is_real() {
        return Ok(());
    }
    let cell = Cell::new(Workload::Fill, 128);
    let server = Server::start(&cell, options)?;
    match run(CLIENT, &server.arguments(&cell, Driver::Helenus))? {
        Outcome::Measured(_) => Ok(()),
        Outcome::Unsupported { unsupported } => Err(unsupported.into()),
    }
}

/// Gives every driver a turn in every round, each time in another order, so that what disturbs the machine disturbs
/// all of them alike.
pub(crate) fn measure(cell: Cell, options: &Options) -> Result<Measurement, Error> {
    let server = Server::start(&cell, options)?;
    let line = |driver| Line { driver, result: LineResult::Measured(Vec::new()) };
    let mut lines: Vec<_> = options.drivers().map(line).collect();
    let count = lines.len();
    for round in 0..options.rounds() as usize {
        for turn in 0..count {
            let line = &mut lines[(round + turn) % count];
            let LineResult::Measured(turns) = &mut line.result else { continue };
            let mut arguments = server.arguments(&cell, line.driver);
            arguments.push(format!("--seconds={}", options.seconds));
            arguments.push(format!("--warmup={}", warmup(&cell)));
            let disturbance = Disturbance::watch(server.process())?;
            match run(CLIENT, &arguments)? {
                Outcome::Measured(report) => {
                    let others = disturbance.cores(server.process(), report.process_seconds)?;
                    turns.push(Turn { report, others });
                }
                Outcome::Unsupported { unsupported } => {
                    line.result = LineResult::Unsupported(unsupported);
                }
            }
        }
    }
    Ok(Measurement { cell, lines })
}

fn warmup(cell: &Cell) -> u64 {
    if cell.counts_rows() { 1 } else { u64::from(cell.in_flight) * 20 + 2_000 }
}

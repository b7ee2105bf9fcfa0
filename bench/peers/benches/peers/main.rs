//! Helenus beside other drivers: requests, processor time, latencies, allocations, instructions, system calls, memory.
//!
//! `cargo xtask bench peers --help` tells the options.

mod cell;
mod chart;
mod client;
mod counts;
mod disturbance;
mod measurement;
mod memory;
mod options;
mod record;
mod responder;
mod rounds;
mod table;

use bench_machine::Machine;
use bench_peers::Error;
use bench_peers::client::Driver;
use clap::Parser;

use options::Options;
use record::Record;

const LEGEND: &str = "\
Medians of all rounds. CPU: processor time of the client. Busy: the part of the time in which it used a core; a client \
that is not busy waited. Spread: of the rounds' rates. Others: cores that other programs used meanwhile; where that is \
not near 0 the rates say little, and the processor time still much.";

fn main() -> Result<(), Error> {
    let options = Options::parse();
    println!("{}", Machine::here());
    println!("{}\n", versions());
    if options.memory {
        println!("{}", memory::measure(&options)?);
        return Ok(());
    }
    let mut record = Record::new(Machine::here().to_string());
    if options.rates() {
        println!("{LEGEND}\n");
        rounds::prepare(&options)?;
        for cell in cell::chosen(&options) {
            let measurement = rounds::measure(cell, &options)?;
            println!("{measurement}");
            record.cells.push(measurement);
        }
    }
    if options.counts() {
        record.counts = counts::measure(&options)?;
        println!("{}", counts::Table(&record.counts));
    }
    if record.cells.is_empty() {
        return Ok(());
    }
    for file in [record.write(&options.output)?, chart::write(&record, &options.output)?] {
        println!("{}", file.display());
    }
    Ok(())
}

fn versions() -> String {
    let crates = [Driver::Helenus, Driver::Scylla, Driver::Cdrs];
    let named = crates.iter().filter_map(|driver| Some((driver.package()?, driver.version())));
    named.map(|(package, version)| format!("{package} {version}")).collect::<Vec<_>>().join(", ")
}

//! As `client`, with its allocations counted: a program of its own, because counting would slow down who allocates.

use std::alloc::System;

use bench_peers::client::{Options, run};
use bench_peers::{Error, pin_to};
use clap::Parser;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Error> {
    let options = Options::parse();
    if let Some(core) = options.core {
        pin_to(core)?;
    }
    println!("{}", serde_json::to_string(&run(&options, Some(allocations))?)?);
    Ok(())
}

fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

//! Prints how often one run of a candidate allocates: `allocations <task> <candidate>`.
//!
//! A program of its own, because counting would slow down the candidates that allocate.

use std::alloc::System;
use std::env;

use bench_codec::{Error, Task};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Error> {
    let candidate = Task::candidate(&mut env::args().skip(1))?;
    candidate.run();
    let region = Region::new(ALLOCATOR);
    candidate.run();
    let change = region.change();
    println!("{}", change.allocations + change.reallocations);
    Ok(())
}

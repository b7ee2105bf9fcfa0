//! Prints the bytes that a topology and a replica table hold, and the allocations that the first node of a plan
//! takes: `policy-memory <nodes>`.
//!
//! A program of its own, because counting would slow down what allocates.

use std::alloc::System;
use std::env;
use std::hint::black_box;

use bench_policies::{Error, Task, nodes, strategy};
use helenus_policies::Topology;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Error> {
    let count: u32 = env::args().nth(1).ok_or("say how many nodes")?.parse()?;

    let region = Region::new(ALLOCATOR);
    let topology = Topology::new(nodes(count));
    let topology_bytes = held(&region);

    let region = Region::new(ALLOCATOR);
    let table = topology.replicas(&strategy());
    let table_bytes = held(&region);
    black_box((topology, table));

    let mut task = Task::new("first-node", count)?;
    task.run();
    let region = Region::new(ALLOCATOR);
    task.run();
    let change = region.change();
    let allocations = change.allocations + change.reallocations;

    println!("{topology_bytes} {table_bytes} {allocations}");
    Ok(())
}

fn held(region: &Region<'_, System>) -> i128 {
    let change = region.change();
    // What was given back includes what a reallocation took away.
    change.bytes_allocated as i128 - change.bytes_deallocated as i128
}

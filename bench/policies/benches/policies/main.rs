//! What Helenus' policies cost a session: the first node of a plan, the topology, the replica table, a refresh.

mod memory;
mod time;

use bench_machine::{Callgrind, Machine};
use bench_policies::{Error, TOKENS, Task};

use memory::Memory;

const NODES: [u32; 3] = [3, 100, 1000];

fn main() -> Result<(), Error> {
    println!("{}", Machine::here());
    println!("{TOKENS} tokens to a node, three racks, NetworkTopologyStrategy with three copies\n");
    let callgrind = Callgrind::find();
    if callgrind.is_none() {
        println!("Instructions are not counted: there is no valgrind here.\n");
    }

    println!(
        "| nodes | first node ns | instructions | allocations | topology ms | table ms | refresh ms |"
    );
    println!(
        "|------:|--------------:|-------------:|------------:|------------:|---------:|-----------:|"
    );
    for nodes in NODES {
        let first = time::of(&mut Task::new("first-node", nodes)?).as_secs_f64() * 1e9;
        let instructions = match callgrind {
            Some(callgrind) => format!("{:.0}", instructions(callgrind, nodes)?),
            None => "–".to_owned(),
        };
        let allocations = Memory::of(nodes)?.allocations;
        let milliseconds =
            |name| Ok::<_, Error>(time::of(&mut Task::new(name, nodes)?).as_secs_f64() * 1e3);
        println!(
            "| {nodes:>5} | {first:>13.1} | {instructions:>12} | {allocations:>11} | {:>11.3} | {:>8.3} | {:>10.3} |",
            milliseconds("topology")?,
            milliseconds("table")?,
            milliseconds("refresh")?,
        );
    }

    println!("\n| nodes | topology KiB | a node bytes | table KiB |");
    println!("|------:|-------------:|-------------:|----------:|");
    for nodes in NODES {
        let Memory { topology, table, .. } = Memory::of(nodes)?;
        println!(
            "| {nodes:>5} | {:>12.1} | {:>12.0} | {:>9.1} |",
            topology / 1024.0,
            topology / f64::from(nodes),
            table / 1024.0
        );
    }
    Ok(())
}

/// Instructions for the first node of a plan: what a long series takes more than a short one.
fn instructions(callgrind: Callgrind, nodes: u32) -> Result<f64, Error> {
    let (short, long) = (10, 100_010);
    let count = |times: u32| {
        let arguments = ["first-node".to_owned(), nodes.to_string(), times.to_string()];
        callgrind.count(env!("CARGO_BIN_EXE_repeat-policy"), arguments)
    };
    let more = count(long)? - count(short)?;
    Ok(more as f64 / f64::from(long - short))
}

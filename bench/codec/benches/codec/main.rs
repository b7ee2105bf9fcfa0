//! Rows per second, instructions and allocations of Helenus' codec beside those of other drivers.

mod allocations;
mod instructions;
mod rounds;
mod table;

use bench_codec::{Driver, Error, Task};
use bench_machine::{Callgrind, Machine};

use table::{Line, Table};

fn main() -> Result<(), Error> {
    println!("{}", Machine::here());
    let codecs = Driver::ALL.map(|driver| format!("{} {}", driver.codec(), driver.version()));
    println!("{}\n", codecs.join(", "));

    let callgrind = Callgrind::find();
    if callgrind.is_none() {
        println!("Instructions are not counted: there is no valgrind here.\n");
    }
    for task in Task::all()? {
        println!("{}\n", measure(&task, callgrind)?);
    }
    Ok(())
}

fn measure(task: &Task, callgrind: Option<Callgrind>) -> Result<Table<'_>, Error> {
    let mut lines = Vec::new();
    let times = rounds::measure(&task.candidates);
    for (place, (candidate, time)) in task.candidates.iter().zip(times).enumerate() {
        let instructions = callgrind.map(|callgrind| instructions::per_run(callgrind, task, place));
        let instructions = instructions.transpose()?;
        let allocations = allocations::per_run(task, place)?;
        lines.push(Line { candidate, time, allocations, instructions });
    }
    Ok(Table { task, lines })
}

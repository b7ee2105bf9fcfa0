//! Does one task so many times, for an instruction counter to watch: `repeat-policy <task> <nodes> <times>`.

use std::env;

use bench_policies::{Error, Task};

fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().ok_or("name a task")?;
    let nodes: u32 = arguments.next().ok_or("say how many nodes")?.parse()?;
    let times: u32 = arguments.next().ok_or("say how many times")?.parse()?;
    let mut task = Task::new(&name, nodes)?;
    for _ in 0..times {
        task.run();
    }
    Ok(())
}

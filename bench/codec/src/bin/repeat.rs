//! Runs one candidate so many times, for an instruction counter to watch: `repeat <task> <candidate> <times>`.

use std::env;

use bench_codec::{Error, Task};

fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let candidate = Task::candidate(&mut arguments)?;
    let times: u32 = arguments.next().ok_or("say how many times")?.parse()?;
    for _ in 0..times {
        candidate.run();
    }
    Ok(())
}

use std::time::Duration;

use bench_policies::Task;
use rustix::time::{ClockId, Timespec, clock_gettime};

const ROUNDS: usize = 11;
const TURN: Duration = Duration::from_millis(25);

/// Processor time that doing a task once takes: the median of several rounds.
pub(crate) fn of(task: &mut Task) -> Duration {
    let mut runs = 1;
    while turn(task, runs) < TURN {
        runs *= 2;
    }
    let mut rounds: Vec<_> = (0..ROUNDS).map(|_| turn(task, runs) / runs).collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2]
}

fn turn(task: &mut Task, runs: u32) -> Duration {
    let start = processor_time();
    for _ in 0..runs {
        task.run();
    }
    processor_time() - start
}

/// Time in which this thread ran: other programs that hold the processor do not count.
fn processor_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(tv_sec.unsigned_abs(), tv_nsec as u32)
}

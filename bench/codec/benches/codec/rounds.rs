use std::time::Duration;

use bench_codec::Candidate;
use rustix::time::{ClockId, Timespec, clock_gettime};

const ROUNDS: usize = 41;
const TURN: Duration = Duration::from_millis(25);

/// How long one run of a candidate takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    /// The median of all rounds.
    pub(crate) median: Duration,
    /// How far the middle half of the rounds is spread, as a part of the median.
    pub(crate) spread: f64,
}

/// Gives every candidate a turn in every round, each time in another order, so that what disturbs the machine
/// disturbs all of them alike.
pub(crate) fn measure(candidates: &[Candidate]) -> Vec<Time> {
    let runs: Vec<u32> = candidates.iter().map(runs_per_turn).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for round in 0..ROUNDS {
        for turn in 0..candidates.len() {
            let at = (round + turn) % candidates.len();
            times[at].push(turn_of(&candidates[at], runs[at]) / runs[at]);
        }
    }
    times.into_iter().map(Time::of).collect()
}

fn runs_per_turn(candidate: &Candidate) -> u32 {
    let mut runs = 1;
    while turn_of(candidate, runs) < TURN {
        runs *= 2;
    }
    runs
}

fn turn_of(candidate: &Candidate, runs: u32) -> Duration {
    let start = processor_time();
    for _ in 0..runs {
        candidate.run();
    }
    processor_time() - start
}

/// Time in which this thread ran: other programs that hold the processor do not count.
fn processor_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(tv_sec.unsigned_abs(), tv_nsec as u32)
}

impl Time {
    fn of(mut rounds: Vec<Duration>) -> Self {
        rounds.sort_unstable();
        let at = |part: usize| rounds[(rounds.len() - 1) * part / 4];
        let median = at(2);
        Self { median, spread: (at(3) - at(1)).as_secs_f64() / median.as_secs_f64() }
    }
}

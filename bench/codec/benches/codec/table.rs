use std::fmt;

use bench_codec::{Candidate, Driver, Task};

use crate::rounds::Time;

/// What was measured of a task.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) task: &'a Task,
    pub(crate) lines: Vec<Line<'a>>,
}

/// What was measured of a candidate, per run.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) candidate: &'a Candidate,
    pub(crate) time: Time,
    pub(crate) allocations: u64,
    pub(crate) instructions: Option<f64>,
}

impl Table<'_> {
    /// How much longer the fastest of the other drivers takes than Helenus, which is the first.
    fn lead(&self) -> Option<f64> {
        let (ours, rest) = self.lines.split_first()?;
        let others = rest.iter().filter(|line| line.candidate.driver != Driver::Helenus);
        let fastest = others.map(|line| line.time.median).min()?;
        Some(fastest.as_secs_f64() / ours.time.median.as_secs_f64())
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Task { title, unit, units, .. } = self.task;
        let units = *units as f64;
        let per_second = format!("{unit}s/s");
        writeln!(f, "{title}")?;
        writeln!(
            f,
            "{:<20}{per_second:>12}{:>10}{:>9}{:>10}{:>14}{:>9}{:>14}",
            "", "ns each", "spread", "time", "instructions", "allocs", "allocs in all"
        )?;
        let ours = self.lines.first();
        for Line { candidate, time, allocations, instructions } in &self.lines {
            let seconds = time.median.as_secs_f64();
            let ratio = ours.map_or(1.0, |ours| seconds / ours.time.median.as_secs_f64());
            let instructions =
                instructions.map_or("?".into(), |count| format!("{:.0}", count / units));
            writeln!(
                f,
                "{candidate:<20}{:>12.0}{:>10.1}{:>8.1}%{ratio:>9.2}×{instructions:>14}{:>9.2}{allocations:>14}",
                units / seconds,
                seconds * 1e9 / units,
                time.spread * 100.0,
                *allocations as f64 / units,
            )?;
        }
        match self.lead() {
            Some(lead) => write!(f, "helenus is {lead:.2}× as fast as the fastest other"),
            None => Ok(()),
        }
    }
}

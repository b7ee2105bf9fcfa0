use std::fmt;
use std::time::Duration;

use crate::burst::BurstOptions;
use crate::lab::{Kind, Lab};
use crate::sample::Course;

/// How the pools did.
#[derive(Debug)]
pub(crate) struct Verdict {
    rows: Vec<Row>,
    min: usize,
}

#[derive(Debug)]
struct Row {
    kind: Kind,
    answered: u64,
    refused: u64,
    p50: Duration,
    p99: Duration,
    peak: usize,
    last: usize,
    back: Option<Duration>,
}

impl Verdict {
    pub(crate) fn of(labs: &[Lab], courses: &[(Kind, Course)], options: &BurstOptions) -> Self {
        let min = usize::from(options.min);
        let row = |(lab, (kind, course)): (&Lab, &(Kind, Course))| Row {
            kind: *kind,
            answered: lab.figures().burst.count(),
            refused: lab.refused(),
            p50: lab.figures().burst.quantile(0.5),
            p99: lab.figures().burst.quantile(0.99),
            peak: course.peak(),
            last: course.last().map_or(0, |sample| sample.connections),
            back: course.back_to(min),
        };
        Self { rows: labs.iter().zip(courses).map(row).collect(), min }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the burst's requests:")?;
        writeln!(
            f,
            "  {:<10} {:>9} {:>8} {:>9} {:>9} {:>6} {:>9}",
            "pool", "answered", "refused", "p50 ms", "p99 ms", "peak", "in the end"
        )?;
        for Row { kind, answered, refused, p50, p99, peak, last, .. } in &self.rows {
            let (p50, p99) = (millis(*p50), millis(*p99));
            let kind = kind.to_string();
            writeln!(
                f,
                "  {kind:<10} {answered:>9} {refused:>8} {p50:>9.2} {p99:>9.2} {peak:>6} {last:>9}"
            )?;
        }
        let of = |kind: fn(&Kind) -> bool| self.rows.iter().filter(move |row| kind(&row.kind));
        // A pool that refused requests has not been quick with them.
        let best = of(|kind| *kind != Kind::Adaptive)
            .min_by_key(|row| (row.refused, row.p99))
            .filter(|row| !row.p99.is_zero());
        let adaptive = of(|kind| *kind == Kind::Adaptive).next();
        let (Some(best), Some(adaptive)) = (best, adaptive) else { return Ok(()) };
        let ratio = adaptive.p99.as_secs_f64() / best.p99.as_secs_f64();
        write!(f, "the adaptive pool's p99 is {ratio:.2} times that of the best, {}; ", best.kind)?;
        match adaptive.back {
            Some(back) => write!(
                f,
                "it was back at {} connections {:.1} s after the burst",
                self.min,
                back.as_secs_f64()
            ),
            None => write!(f, "it did not come back to {} connections", self.min),
        }
    }
}

//! A measurement as a table in Markdown.

use std::fmt;

use bench_peers::client::{Driver, Report};

use crate::measurement::{Line, Measurement, Result as LineResult};

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, each) =
            if self.cell.counts_rows() { ("rows", "ns a row") } else { ("requests", "µs each") };
        writeln!(f, "### {}\n", self.cell)?;
        writeln!(
            f,
            "| driver  | {unit:>8}/s | × scylla | CPU {each:>8} | × scylla | busy | p50 µs |  p99 µs |  max µs | spread | others |"
        )?;
        writeln!(
            f,
            "|:--------|-----------:|---------:|-------------:|---------:|-----:|-------:|--------:|--------:|-------:|-------:|"
        )?;
        for line in &self.lines {
            self.write_line(line, f)?;
        }
        Ok(())
    }
}

impl Measurement {
    fn write_line(&self, line: &Line, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let driver = line.driver;
        if let LineResult::Unsupported(why) = &line.result {
            return writeln!(f, "| {driver:<7} | {why} | | | | | | | | | |");
        }
        let per_second = |report: &Report| self.per_second(report);
        let processor_time = |report: &Report| self.processor_time(report);
        let median = |pick: fn(&Report) -> f64| line.median(pick).unwrap_or(f64::NAN);
        writeln!(
            f,
            "| {driver:<7} | {:>10} | {:>8} | {:>12.2} | {:>8} | {:>3.0}% | {:>6.0} | {:>7.0} | {:>7.0} | {:>5.1}% | {:>6.2} |",
            thousands(line.median(per_second).unwrap_or(f64::NAN)),
            self.to_scylla(line, per_second),
            line.median(processor_time).unwrap_or(f64::NAN),
            self.to_scylla(line, processor_time),
            median(|report| report.busy) * 100.0,
            median(|report| report.p50_us),
            median(|report| report.p99_us),
            median(|report| report.max_us),
            line.spread(per_second).unwrap_or(f64::NAN) * 100.0,
            line.others().unwrap_or(f64::NAN),
        )
    }

    fn to_scylla(&self, line: &Line, pick: impl Fn(&Report) -> f64) -> String {
        let other = self.line(Driver::Scylla).and_then(|scylla| scylla.median(&pick));
        match line.median(&pick).zip(other) {
            Some((own, other)) => format!("{:.2}×", own / other),
            None => "–".to_owned(),
        }
    }
}

/// A whole number with commas.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

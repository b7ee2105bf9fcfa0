use bench_peers::client::{Driver, Report};
use serde::Serialize;

use crate::cell::Cell;

/// What was measured in a cell.
#[derive(Debug, Serialize)]
pub(crate) struct Measurement {
    pub(crate) cell: Cell,
    pub(crate) lines: Vec<Line>,
}

/// What was measured of a driver.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) driver: Driver,
    #[serde(flatten)]
    pub(crate) result: Result,
}

/// A turn in each round, or why there is none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Result {
    Measured(Vec<Turn>),
    Unsupported(String),
}

/// What a driver did in a round.
#[derive(Debug, Serialize)]
pub(crate) struct Turn {
    #[serde(flatten)]
    pub(crate) report: Report,
    /// Cores that other programs used meanwhile.
    pub(crate) others: f64,
}

impl Line {
    /// Cores that other programs used, in the middle round.
    pub(crate) fn others(&self) -> Option<f64> {
        let mut others: Vec<_> = self.turns().iter().map(|turn| turn.others).collect();
        others.sort_by(f64::total_cmp);
        others.get(others.len() / 2).copied()
    }

    /// The median of all rounds, of what is picked from their reports; `None` where there are none.
    pub(crate) fn median(&self, pick: impl Fn(&Report) -> f64) -> Option<f64> {
        let sorted = self.sorted(pick);
        sorted.get(sorted.len() / 2).copied()
    }

    /// How far the rounds lie apart, as a part of their median.
    pub(crate) fn spread(&self, pick: impl Fn(&Report) -> f64) -> Option<f64> {
        let sorted = self.sorted(pick);
        Some((sorted.last()? - sorted.first()?) / sorted.get(sorted.len() / 2)?)
    }

    fn sorted(&self, pick: impl Fn(&Report) -> f64) -> Vec<f64> {
        let mut values: Vec<_> = self.turns().iter().map(|turn| pick(&turn.report)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn turns(&self) -> &[Turn] {
        match &self.result {
            Result::Measured(turns) => turns,
            Result::Unsupported(_) => &[],
        }
    }
}

impl Measurement {
    pub(crate) fn line(&self, driver: Driver) -> Option<&Line> {
        self.lines.iter().find(|line| line.driver == driver)
    }

    /// What is counted in the cell, per second.
    pub(crate) fn per_second(&self, report: &Report) -> f64 {
        if self.cell.counts_rows() { report.rows_per_second } else { report.requests_per_second }
    }

    /// Processor time for each request in microseconds, or for each row in nanoseconds.
    pub(crate) fn processor_time(&self, report: &Report) -> f64 {
        if self.cell.counts_rows() {
            report.cpu_us_per_request * 1e3 * report.requests as f64 / report.rows as f64
        } else {
            report.cpu_us_per_request
        }
    }
}

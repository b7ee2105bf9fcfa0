//! Requests a second, as bars.

use std::path::{Path, PathBuf};

use bench_peers::Error;
use bench_peers::client::Driver;
use plotters::prelude::*;

use crate::measurement::Measurement;
use crate::record::Record;

const BAR: i32 = 14;
const GAP: i32 = 26;
const LABELS: i32 = 330;
const BARS: i32 = 520;
const NUMBERS: i32 = 110;

/// Writes peers.svg into the directory.
pub(crate) fn write(record: &Record, directory: &Path) -> Result<PathBuf, Error> {
    let file = directory.join("peers.svg");
    let cells: Vec<_> = record.cells.iter().filter(|cell| !cell.cell.counts_rows()).collect();
    let bars: usize = cells.iter().map(|cell| cell.lines.len()).sum();
    let height = GAP * (cells.len() as i32 + 2) + BAR * bars as i32;
    let width = LABELS + BARS + NUMBERS;
    let area = SVGBackend::new(&file, (width as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let title = ("sans-serif", 20).into_font();
    area.draw(&Text::new("requests a second", (10, 8), title))?;
    let most =
        cells.iter().flat_map(|cell| rates(cell)).fold(0.0, |most, (_, rate)| rate.max(most));
    let mut top = GAP;
    for cell in cells {
        top += GAP / 2;
        let label = ("sans-serif", 15).into_font();
        area.draw(&Text::new(cell.cell.to_string(), (10, top), label))?;
        for (driver, rate) in rates(cell) {
            let length = (rate / most * f64::from(BARS)) as i32;
            let corners = [(LABELS, top), (LABELS + length, top + BAR - 3)];
            area.draw(&Rectangle::new(corners, color(driver).filled()))?;
            let number = format!("{driver} {}", crate::table::thousands(rate));
            let font = ("sans-serif", 13).into_font();
            area.draw(&Text::new(number, (LABELS + length + 4, top), font))?;
            top += BAR;
        }
        top += GAP / 2;
    }
    area.present()?;
    drop(area);
    Ok(file.canonicalize()?)
}

/// What was measured of each driver, without those that could not do it.
fn rates(cell: &Measurement) -> impl Iterator<Item = (Driver, f64)> {
    let rate = |line: &crate::measurement::Line| {
        Some((line.driver, line.median(|report| cell.per_second(report))?))
    };
    cell.lines.iter().filter_map(rate)
}

fn color(driver: Driver) -> RGBColor {
    match driver {
        Driver::Helenus => RGBColor(0x1b, 0x7f, 0x5c),
        Driver::Scylla => RGBColor(0x5b, 0x6f, 0xb5),
        Driver::Cdrs => RGBColor(0xc9, 0x8a, 0x2b),
        Driver::Bare => RGBColor(0xb8, 0xb8, 0xb8),
    }
}

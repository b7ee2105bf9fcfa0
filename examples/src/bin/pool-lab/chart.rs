use std::fmt;

use crate::lab::Kind;
use crate::sample::{CURVES, Course, Curve, Phase, Sample, Stage};

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 110.0;
const MARGIN: f64 = 44.0;
const HEAD: f64 = 26.0;
/// Below the lowest row, for the seconds.
const FOOT: f64 = 16.0;

/// The pools' courses side by side, as an SVG. The axes of a row are the same, so that pools can be compared; that of
/// the latencies is logarithmic. The time of the burst is shaded.
#[derive(Debug)]
pub(crate) struct Chart<'a> {
    pub(crate) courses: &'a [(Kind, Course)],
    pub(crate) stages: &'a [Stage],
}

impl Chart<'_> {
    fn seconds(&self) -> f64 {
        self.stages.iter().map(|stage| stage.length.as_secs_f64()).sum::<f64>().max(1e-3)
    }

    fn highest(&self, value: fn(&Sample) -> f64) -> f64 {
        let samples = self.courses.iter().flat_map(|(_, course)| course.samples());
        samples.map(value).fold(1.0, f64::max)
    }

    /// When the burst begins and ends.
    fn burst(&self) -> (f64, f64) {
        let length = |phase| {
            let stages = self.stages.iter().filter(move |stage| stage.phase == phase);
            stages.map(|stage| stage.length.as_secs_f64()).sum::<f64>()
        };
        let begins = length(Phase::Before);
        (begins, begins + length(Phase::Burst))
    }
}

/// How high a value is drawn, from 0 to 1.
fn height(value: f64, highest: f64, is_logarithmic: bool) -> f64 {
    match is_logarithmic {
        true => (1.0 + value).ln() / (1.0 + highest).ln(),
        false => value / highest,
    }
}

/// The values that an axis names: its ends, or those powers of ten that lie well apart from its upper end.
fn ticks(highest: f64, is_logarithmic: bool) -> Vec<f64> {
    let powers = [1.0, 10.0, 100.0, 1e3, 1e4];
    let between = powers.into_iter().filter(|power| is_logarithmic && power * 2.0 < highest);
    [0.0].into_iter().chain(between).chain([highest]).collect()
}

impl fmt::Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (columns, rows) = (self.courses.len() as f64, CURVES.len() as f64);
        let (width, full) =
            (columns * (WIDTH + MARGIN) + MARGIN, HEAD + rows * (HEIGHT + HEAD) + FOOT);
        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {full}" font-family="sans-serif" font-size="11">"#
        )?;
        writeln!(f, r#"<rect width="{width}" height="{full}" fill="white"/>"#)?;
        let seconds = self.seconds();
        let (begins, ends) = self.burst();
        for (column, (kind, course)) in self.courses.iter().enumerate() {
            let left = MARGIN + column as f64 * (WIDTH + MARGIN);
            writeln!(f, r#"<text x="{left}" y="16" font-weight="bold">{kind}</text>"#)?;
            for (row, Curve { name, value, is_logarithmic }) in CURVES.iter().enumerate() {
                let top = HEAD + row as f64 * (HEIGHT + HEAD) + 12.0;
                let (bottom, highest) = (top + HEIGHT, self.highest(*value));
                let x = |at: f64| left + at / seconds * WIDTH;
                let (from, wide) = (x(begins), x(ends) - x(begins));
                writeln!(
                    f,
                    r##"<rect x="{from:.1}" y="{top}" width="{wide:.1}" height="{HEIGHT}" fill="#f3efe6"/>"##
                )?;
                writeln!(
                    f,
                    r##"<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#888"/>"##,
                    right = left + WIDTH
                )?;
                writeln!(f, r##"<text x="{left}" y="{above}">{name}</text>"##, above = top - 4.0)?;
                for tick in ticks(highest, *is_logarithmic) {
                    let at = bottom - height(tick, highest, *is_logarithmic) * HEIGHT;
                    writeln!(
                        f,
                        r##"<path d="M{left} {at:.1}h{WIDTH}" stroke="#000" stroke-opacity="0.08"/><text x="{label}" y="{y:.1}" text-anchor="end" fill="#555">{tick:.0}</text>"##,
                        label = left - 4.0,
                        y = at + 4.0
                    )?;
                }
                if row + 1 == CURVES.len() {
                    for at in [0.0, begins, ends, seconds] {
                        let (x, y) = (x(at), bottom + 14.0);
                        writeln!(
                            f,
                            r##"<text x="{x:.1}" y="{y}" text-anchor="middle" fill="#555">{at:.0} s</text>"##
                        )?;
                    }
                }
                let points: Vec<String> = course
                    .samples()
                    .iter()
                    .map(|sample| {
                        let up = height(value(sample), highest, *is_logarithmic) * HEIGHT;
                        format!("{:.1},{:.1}", x(sample.at.as_secs_f64()), bottom - up)
                    })
                    .collect();
                let points = points.join(" ");
                writeln!(
                    f,
                    r##"<polyline points="{points}" fill="none" stroke="#1f5fa8" stroke-width="1.4"/>"##
                )?;
            }
        }
        writeln!(f, "</svg>")
    }
}

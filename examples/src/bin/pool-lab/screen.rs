use std::io::{IsTerminal, Write, stdout};
use std::time::Duration;

use crate::lab::Lab;
use crate::sample::{CURVES, Course, Curve, Phase, Sample};

/// Moments that a curve shows.
const WIDTH: usize = 60;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The terminal, drawn over again and again.
#[derive(Debug)]
pub(crate) struct Screen {
    is_drawn: bool,
    lines: usize,
}

impl Screen {
    /// Draws if it `may`, and somebody can see it.
    pub(crate) fn new(may: bool) -> Self {
        Self { is_drawn: may && stdout().is_terminal(), lines: 0 }
    }

    pub(crate) fn draw(&mut self, labs: &[Lab], courses: &[Course], phase: Phase, at: Duration) {
        if !self.is_drawn {
            return;
        }
        let mut text = format!("{:.1} s, {phase}\n", at.as_secs_f64());
        for (lab, course) in labs.iter().zip(courses) {
            text.push_str(&format!("\n\x1b[1m{}\x1b[0m\n", lab.kind()));
            for Curve { name, value, .. } in CURVES {
                let now = course.last().map_or(0.0, value);
                text.push_str(&format!("  {name:<12}{now:>8.1} {}\n", curve(course, value)));
            }
        }
        // Up over what was drawn before, each line cleared as it is written.
        let text = text.replace('\n', "\x1b[K\n");
        let up = if self.lines > 0 { format!("\x1b[{}A", self.lines) } else { String::new() };
        self.lines = text.matches('\n').count();
        let mut out = stdout().lock();
        // A terminal that is gone is no reason to end the experiment.
        let _ = out.write_all(format!("{up}{text}").as_bytes()).and_then(|()| out.flush());
    }
}

/// The latest moments, as bars as high as their part of the highest of all.
fn curve(course: &Course, value: fn(&Sample) -> f64) -> String {
    let samples = course.samples();
    let highest = samples.iter().map(value).fold(1.0, f64::max);
    let latest = &samples[samples.len().saturating_sub(WIDTH)..];
    let bar = |sample| {
        let eighths = (value(sample) / highest * 7.0).round().clamp(0.0, 7.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to 7")]
        BARS[eighths as usize]
    };
    latest.iter().map(bar).collect()
}

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds};
use thiserror::Error;

/// What is this close to the time that was planned is that time: timers and the clock do not agree to the last bit.
const TOLERANCE: chrono::TimeDelta = chrono::TimeDelta::seconds(1);

/// A text that is not a cron pattern with seconds.
#[derive(Debug, Error)]
#[error(
    "{pattern:?} is not a cron pattern of second, minute, hour, day of the month, month and day of the week, such as \
     \"0 */30 * * * *\": {error}"
)]
pub struct ScheduleError {
    pattern: String,
    #[source]
    error: CronError,
}

/// Times that come again.
#[derive(Debug, Clone)]
pub(crate) struct Cron {
    pattern: croner::Cron,
    planned: Option<DateTime<Utc>>,
}

impl FromStr for Cron {
    type Err = ScheduleError;

    fn from_str(pattern: &str) -> Result<Self, ScheduleError> {
        let parser = CronParser::builder().seconds(Seconds::Required).build();
        let parsed = parser.parse(pattern);
        let error = |error| ScheduleError { pattern: pattern.to_owned(), error };
        Ok(Self { pattern: parsed.map_err(error)?, planned: None })
    }
}

impl Cron {
    /// How long it is until the next time; `None` where there is none.
    pub(crate) fn next(&mut self, now: SystemTime) -> Option<Duration> {
        let now = DateTime::<Utc>::from(now);
        let is_early = |planned: &DateTime<Utc>| *planned > now && *planned - now < TOLERANCE;
        let after = self.planned.filter(is_early).unwrap_or(now);
        let next = self.pattern.find_next_occurrence(&after, false).ok()?;
        self.planned = Some(next);
        (next - now).to_std().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_next_time_is_found_though_the_timer_was_early() {
        let mut cron: Cron = "0 */30 * * * *".parse().unwrap();
        let mut next = |now| cron.next(at(now)).unwrap().as_secs_f64().round();
        assert_eq!(next(1.0), 1799.0);
        assert_eq!(next(1799.9), 1800.0);
        assert_eq!(next(3600.0), 1800.0);
        assert_eq!(next(3601.0), 1799.0);
        // The clock was set back.
        assert_eq!(next(100.0), 1700.0);
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for pattern in ["", "*/30 * * * *", "soon", "61 * * * * *"] {
            let error = pattern.parse::<Cron>().unwrap_err();
            assert!(error.to_string().contains("0 */30 * * * *"), "{error}");
        }
    }
}

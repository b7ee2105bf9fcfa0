//! Faults as text.

use std::fmt;
use std::str::FromStr;

use super::delays::Delays;
use super::fault_kind::FaultKind;
use super::target::Target;
use super::words::{
    cut, duration, error_kind, error_name, error_names, opcode, opcode_name, quoted, show_duration,
};
use super::{Fault, FaultError};
use crate::cluster::ConnectionId;

const KNOWN: [&str; 20] = [
    "delay",
    "delay-percentiles",
    "service-time",
    "drop-answers",
    "duplicate-answers",
    "wrong-stream",
    "oversized-length",
    "wrong-header-checksum",
    "wrong-checksum",
    "garbage",
    "close",
    "close-mid-frame",
    "reset",
    "error",
    "shutting-down",
    "unprepared",
    "hang-startup",
    "pause-reads",
    "connection-limit",
    "refuse-connections-beyond",
];

/// The words that were not read yet.
struct Words {
    rest: std::vec::IntoIter<String>,
}

impl Words {
    fn value<T>(
        &mut self,
        of: &str,
        wanted: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FaultError> {
        let (of, wanted) = (of.to_owned(), wanted.to_owned());
        let Some(value) = self.rest.next() else {
            return Err(FaultError::MissingValue { of, wanted });
        };
        match read(&value) {
            Some(read) => Ok(read),
            None => Err(FaultError::BadValue { of, wanted, value }),
        }
    }

    fn number<T: FromStr>(&mut self, of: &str) -> Result<T, FaultError> {
        self.value(of, "a number", |text| text.parse().ok())
    }

    fn fault(&mut self) -> Result<Fault, FaultError> {
        let known = || KNOWN.join(", ");
        let Some(word) = self.rest.next() else {
            return Err(FaultError::Missing { known: known() });
        };
        Ok(match word.as_str() {
            "delay" => self.value(&word, "a time such as 5ms, or two as in 5ms..9ms", delay)?,
            "delay-percentiles" => {
                self.value(&word, "percentiles with times, as in 50:1ms,99:8ms", percentiles)?
            }
            "service-time" => self.value(&word, "a time and a number, as in 2ms/4", service)?,
            "drop-answers" => Fault::drop_answers(),
            "duplicate-answers" => Fault::duplicate_answers(),
            "wrong-stream" => Fault::wrong_stream(),
            "oversized-length" => Fault::oversized_length(),
            "wrong-header-checksum" => Fault::wrong_header_checksum(),
            "wrong-checksum" => Fault::wrong_checksum(),
            "garbage" => Fault::garbage(self.number(&word)?),
            "close" => Fault::close(),
            "close-mid-frame" => Fault::close_mid_frame(),
            "reset" => Fault::reset(),
            "error" => Fault::error(self.value(&word, &error_names(), error_kind)?),
            "shutting-down" => Fault::shutting_down(),
            "unprepared" => Fault::unprepared(),
            "hang-startup" => Fault::hang_startup(),
            "pause-reads" => Fault::pause_reads(),
            "connection-limit" => Fault::connection_limit(self.number(&word)?),
            "refuse-connections-beyond" => Fault::refuse_connections_beyond(self.number(&word)?),
            _ => return Err(FaultError::UnknownFault { word, known: known() }),
        })
    }

    /// The fault with the next option; `None` behind the last.
    fn option(&mut self, fault: &Fault) -> Result<Option<Fault>, FaultError> {
        let Some(word) = self.rest.next() else { return Ok(None) };
        let fault = fault.clone();
        Ok(Some(match word.as_str() {
            "matching" => {
                let part = self.value(&word, "a part of a statement", |text| Some(text.to_owned()));
                fault.matching(part?)
            }
            "to" => fault.to(self.value(&word, "a request such as EXECUTE", opcode)?),
            "connection" => {
                let number = |text: &str| text.strip_prefix('#').unwrap_or(text).parse().ok();
                let number = self.value(&word, "the number of a connection", number)?;
                fault.on_connection(ConnectionId(number))
            }
            "as-replica" => fault.as_replica(),
            "times" => fault.times(self.number(&word)?),
            "probability" => {
                let probability =
                    |text: &str| text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
                let number = self.value(&word, "a number from 0 to 1", probability)?;
                fault.with_probability(number)
            }
            "seed" => fault.seed(self.number(&word)?),
            _ => return Err(FaultError::UnknownOption { word }),
        }))
    }
}

fn delay(text: &str) -> Option<Fault> {
    match text.split_once("..") {
        None => duration(text).map(Fault::delay),
        Some((start, end)) => Some(Fault::jittered_delay(duration(start)?..duration(end)?)),
    }
}

fn percentiles(text: &str) -> Option<Fault> {
    let entries = text.split(',').map(|entry| {
        let (percentile, delay) = entry.split_once(':')?;
        let percentile = percentile.parse().ok().filter(|bound| (0.0..=100.0).contains(bound))?;
        Some((percentile, duration(delay)?))
    });
    Some(Fault::delay_percentiles(entries.collect::<Option<Vec<_>>>()?))
}

fn service(text: &str) -> Option<Fault> {
    let (time, parallelism) = text.split_once('/')?;
    let parallelism = parallelism.parse().ok().filter(|number| *number > 0)?;
    Some(Fault::service_time(duration(time)?, parallelism))
}

/// Reads a fault from text: its name and value, then options, as the methods of [`Fault`] have them.
///
/// ```
/// use std::time::Duration;
///
/// use helenus_protocol::{ErrorKind, Opcode};
/// use helenus_testkit::Fault;
///
/// let fault: Fault = "delay 5ms..20ms to EXECUTE matching \"FROM ks.users\" probability 0.1 seed 7".parse()?;
/// let delays = Duration::from_millis(5)..Duration::from_millis(20);
/// let same = Fault::jittered_delay(delays).to(Opcode::Execute).matching("FROM ks.users");
/// assert_eq!(fault, same.with_probability(0.1).seed(7));
/// assert_eq!("error overloaded times 3".parse(), Ok(Fault::error(ErrorKind::Overloaded).times(3)));
///
/// let error = "delay soon".parse::<Fault>().unwrap_err();
/// assert!(error.to_string().contains("\"delay\" needs a time such as 5ms"));
/// # Ok::<(), helenus_testkit::FaultError>(())
/// ```
///
/// The faults are `delay 5ms`, `delay 5ms..9ms`, `delay-percentiles 50:1ms,99:8ms`, `service-time 2ms/4`,
/// `drop-answers`, `duplicate-answers`, `wrong-stream`, `oversized-length`, `wrong-header-checksum`, `wrong-checksum`,
/// `garbage 64`, `close`, `close-mid-frame`, `reset`, `error overloaded` (with the specification's names, blanks
/// replaced by dashes), `shutting-down`, `unprepared`, `hang-startup`, `pause-reads`, `connection-limit 3` and
/// `refuse-connections-beyond 3`; the options `matching "part"`, `to EXECUTE`, `connection 7`, `as-replica`,
/// `times 3`, `probability 0.5` and `seed 7`.
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut words = Words { rest: cut(text)?.into_iter() };
        let mut fault = words.fault()?;
        while let Some(next) = words.option(&fault)? {
            fault = next;
        }
        Ok(fault)
    }
}

/// As it can be read again, but for the fields of an error, of which the kind alone is told.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, target, connection, statement, probability, times, seed } = self;
        let implied = match kind {
            FaultKind::Drop if *target == Target::Handshake => {
                f.write_str("hang-startup")?;
                Target::Handshake
            }
            kind => {
                write!(f, "{kind}")?;
                match kind {
                    FaultKind::Refuse(_) => Target::Statements,
                    FaultKind::RefusePrepared => Target::Prepared,
                    _ => Target::All,
                }
            }
        };
        match target {
            Target::Replicas => f.write_str(" as-replica")?,
            Target::Opcode(opcode) => write!(f, " to {}", opcode_name(*opcode))?,
            other => debug_assert_eq!(*other, implied),
        }
        if let Some(part) = statement {
            write!(f, " matching {}", quoted(part))?;
        }
        if let Some(ConnectionId(number)) = connection {
            write!(f, " connection {number}")?;
        }
        if *probability < 1.0 {
            write!(f, " probability {probability}")?;
        }
        if let Some(times) = times {
            write!(f, " times {times}")?;
        }
        if *seed != 0 {
            write!(f, " seed {seed}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(delays) => write!(f, "{delays}"),
            Self::Drop => f.write_str("drop-answers"),
            Self::Duplicate => f.write_str("duplicate-answers"),
            Self::WrongStream => f.write_str("wrong-stream"),
            Self::OversizedLength => f.write_str("oversized-length"),
            Self::WrongHeaderChecksum => f.write_str("wrong-header-checksum"),
            Self::WrongChecksum => f.write_str("wrong-checksum"),
            Self::Garbage(length) => write!(f, "garbage {length}"),
            Self::Close => f.write_str("close"),
            Self::CloseMidFrame => f.write_str("close-mid-frame"),
            Self::Reset => f.write_str("reset"),
            Self::Refuse(error) if error.is_shutting_down() => f.write_str("shutting-down"),
            Self::Refuse(error) => write!(f, "error {}", error_name(&error.kind)),
            Self::RefusePrepared => f.write_str("unprepared"),
            Self::PauseReads => f.write_str("pause-reads"),
            Self::ConnectionLimit { limit, refuses: false } => {
                write!(f, "connection-limit {limit}")
            }
            Self::ConnectionLimit { limit, refuses: true } => {
                write!(f, "refuse-connections-beyond {limit}")
            }
        }
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(delays) if delays.start == delays.end => {
                write!(f, "delay {}", show_duration(delays.start))
            }
            Self::Within(delays) => {
                write!(f, "delay {}..{}", show_duration(delays.start), show_duration(delays.end))
            }
            Self::Percentiles(table) => {
                let entry =
                    |(bound, delay): &(f64, _)| format!("{bound}:{}", show_duration(*delay));
                let entries: Vec<_> = table.iter().map(entry).collect();
                write!(f, "delay-percentiles {}", entries.join(","))
            }
            Self::Service { time, parallelism } => {
                write!(f, "service-time {}/{parallelism}", show_duration(*time))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_shown_as_it_is_read() {
        for text in [
            "delay 5ms",
            "delay 250us..2s",
            "delay-percentiles 50:1ms,99.9:8ms",
            "service-time 2ms/4",
            "drop-answers",
            "duplicate-answers",
            "wrong-stream",
            "oversized-length",
            "wrong-header-checksum",
            "wrong-checksum",
            "garbage 64",
            "close",
            "close-mid-frame",
            "reset",
            "error read-timeout",
            "error cdc-write-failure",
            "error rate-limit-reached",
            "shutting-down",
            "unprepared",
            "hang-startup",
            "pause-reads",
            "connection-limit 3",
            "refuse-connections-beyond 0",
            "close to EXECUTE matching \"SELECT \\\"a\\\" FROM \\\\t\" connection 7 probability 0.25 times 3 seed 9",
            "drop-answers as-replica",
            "hang-startup times 1",
            "error overloaded to AUTH_RESPONSE",
        ] {
            let fault: Fault = text.parse().unwrap();
            assert_eq!(fault.to_string(), text);
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("  ", "a fault is missing: one of delay, "),
            ("slow", "there is no fault \"slow\""),
            ("delay", "\"delay\" needs a time such as 5ms, or two as in 5ms..9ms, and nothing"),
            ("delay 5", "not \"5\""),
            ("delay 5ms..", "not \"5ms..\""),
            ("service-time 2ms/0", "not \"2ms/0\""),
            ("delay-percentiles 101:2ms", "not \"101:2ms\""),
            ("garbage -1", "\"garbage\" needs a number, not \"-1\""),
            ("error nonsense", "overloaded"),
            ("close to READY", "\"to\" needs a request such as EXECUTE, not \"READY\""),
            ("close probability 1.5", "a number from 0 to 1, not \"1.5\""),
            ("close times", "\"times\" needs a number, and nothing follows it"),
            ("close sometimes", "there is no option \"sometimes\"; there are matching, to"),
            ("close matching \"x", "the quote at byte 15 is never closed"),
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

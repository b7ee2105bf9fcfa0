//! The words of a fault's text.

use std::time::Duration;

use helenus_protocol::{Consistency, ErrorKind, Opcode, RateLimitedOperation, WriteType};

use super::FaultError;

/// Cuts a text at its blanks. What is between quotes is one word, in which a backslash keeps the next character.
pub(super) fn cut(text: &str) -> Result<Vec<String>, FaultError> {
    let mut words = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, first)) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut word = String::new();
        if first != '"' {
            word.push(first);
            while let Some((_, next)) = characters.next_if(|(_, next)| !next.is_whitespace()) {
                word.push(next);
            }
            words.push(word);
            continue;
        }
        loop {
            match characters.next() {
                Some((_, '"')) => break,
                Some((_, '\\')) => word.extend(characters.next().map(|(_, kept)| kept)),
                Some((_, next)) => word.push(next),
                None => return Err(FaultError::OpenQuote { at }),
            }
        }
        words.push(word);
    }
    Ok(words)
}

/// A word as [`cut`] gives it back.
pub(super) fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

const UNITS: [(&str, u64); 4] = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

/// `5ms`, `1.5s`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|character: char| character.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(*nanoseconds).map(Duration::from_nanos);
    }
    let number: f64 = number.parse().ok()?;
    let unit = Duration::from_nanos(*nanoseconds);
    Duration::try_from_secs_f64(number * unit.as_secs_f64()).ok()
}

pub(super) fn show_duration(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let fits = |(_, unit): &&(&str, u64)| nanoseconds.is_multiple_of(u128::from(*unit));
    // Nanoseconds always fit.
    let (name, unit) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
    format!("{}{name}", nanoseconds / u128::from(*unit))
}

const REQUESTS: [(Opcode, &str); 8] = [
    (Opcode::Options, "OPTIONS"),
    (Opcode::Startup, "STARTUP"),
    (Opcode::AuthResponse, "AUTH_RESPONSE"),
    (Opcode::Register, "REGISTER"),
    (Opcode::Query, "QUERY"),
    (Opcode::Prepare, "PREPARE"),
    (Opcode::Execute, "EXECUTE"),
    (Opcode::Batch, "BATCH"),
];

pub(super) fn opcode(text: &str) -> Option<Opcode> {
    let found = REQUESTS.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
    found.map(|(opcode, _)| *opcode)
}

pub(super) fn opcode_name(opcode: Opcode) -> String {
    let found = REQUESTS.iter().find(|(known, _)| *known == opcode);
    found.map_or_else(|| format!("{opcode:?}").to_uppercase(), |(_, name)| (*name).to_owned())
}

/// The error of this name, with fields as three replicas would give them.
pub(super) fn error_kind(name: &str) -> Option<ErrorKind> {
    error_kinds().into_iter().find(|kind| error_name(kind) == name)
}

/// What the specification calls an error, as one word.
pub(super) fn error_name(kind: &ErrorKind) -> String {
    kind.name().to_ascii_lowercase().replace(' ', "-")
}

pub(super) fn error_names() -> String {
    error_kinds().iter().map(error_name).collect::<Vec<_>>().join(", ")
}

fn error_kinds() -> Vec<ErrorKind> {
    let consistency = Consistency::Quorum;
    let (received, required, write_type) = (1, 2, WriteType::Simple);
    vec![
        ErrorKind::ServerError,
        ErrorKind::ProtocolError,
        ErrorKind::BadCredentials,
        ErrorKind::Unavailable { consistency, required, alive: 1 },
        ErrorKind::Overloaded,
        ErrorKind::IsBootstrapping,
        ErrorKind::TruncateError,
        ErrorKind::WriteTimeout { consistency, received, required, write_type, contentions: None },
        ErrorKind::ReadTimeout { consistency, received, required, data_present: false },
        ErrorKind::ReadFailure {
            consistency,
            received,
            required,
            failures: 1,
            reasons: Vec::new(),
            data_present: false,
        },
        ErrorKind::WriteFailure {
            consistency,
            received,
            required,
            failures: 1,
            reasons: Vec::new(),
            write_type,
        },
        ErrorKind::CdcWriteFailure,
        ErrorKind::CasWriteUnknown { consistency, received, required },
        ErrorKind::SyntaxError,
        ErrorKind::Unauthorized,
        ErrorKind::Invalid,
        ErrorKind::ConfigError,
        ErrorKind::RateLimitReached {
            code: 0x4321,
            operation: RateLimitedOperation::Read,
            by_coordinator: false,
        },
    ]
}

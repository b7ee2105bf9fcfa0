//! A record of a recording.

use std::time::Duration;

use bytes::{Buf, Bytes};

use crate::record_file::Format;

pub(super) const FORMAT: Format = Format { magic: *b"HELENREC", version: 1, what: "a recording" };

/// What happened, on which connection, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Since the recording began.
    pub(crate) at: Duration,
    pub(crate) connection: u64,
    pub(crate) event: Event,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A client connected; the text is its address.
    Opened(Bytes),
    Closed,
    /// A frame, header and body, out of segments and decompressed.
    Request(Bytes),
    Answer(Bytes),
}

const OPENED: u8 = 0;
const CLOSED: u8 = 1;
const REQUEST: u8 = 2;
const ANSWER: u8 = 3;
/// Bytes before the event's own.
const FIXED: usize = 17;

impl Record {
    /// What comes before the event's own bytes, and those.
    pub(super) fn encode(&self) -> ([u8; FIXED], &[u8]) {
        let (kind, content): (_, &[u8]) = match &self.event {
            Event::Opened(client) => (OPENED, client),
            Event::Closed => (CLOSED, &[]),
            Event::Request(frame) => (REQUEST, frame),
            Event::Answer(frame) => (ANSWER, frame),
        };
        let mut fixed = [kind; FIXED];
        let micros = u64::try_from(self.at.as_micros()).unwrap_or(u64::MAX);
        fixed[1..9].copy_from_slice(&micros.to_be_bytes());
        fixed[9..].copy_from_slice(&self.connection.to_be_bytes());
        (fixed, content)
    }

    /// `None` for bytes that are no record.
    pub(super) fn decode(mut bytes: Bytes) -> Option<Self> {
        if bytes.len() < FIXED {
            return None;
        }
        let kind = bytes.get_u8();
        let at = Duration::from_micros(bytes.get_u64());
        let connection = bytes.get_u64();
        let event = match kind {
            OPENED => Event::Opened(bytes),
            CLOSED if bytes.is_empty() => Event::Closed,
            REQUEST => Event::Request(bytes),
            ANSWER => Event::Answer(bytes),
            _ => return None,
        };
        Some(Self { at, connection, event })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back() {
        let frame = Bytes::from_static(b"frame");
        for event in [
            Event::Opened(frame.clone()),
            Event::Closed,
            Event::Request(frame.clone()),
            Event::Answer(frame.clone()),
        ] {
            let record = Record { at: Duration::from_micros(7), connection: 9, event };
            let (fixed, content) = record.encode();
            let bytes = Bytes::from([&fixed[..], content].concat());
            assert_eq!(Record::decode(bytes), Some(record));
        }
        assert_eq!(Record::decode(Bytes::from_static(&[0; 16])), None);
        assert_eq!(Record::decode(Bytes::from_static(&[9; 17])), None);
    }
}

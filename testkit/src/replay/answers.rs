//! What a recording has for each request.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes};
use helenus_protocol::{Dialect, FrameHeader, Opcode, ProtocolVersion, Request, ScyllaExtensions};

use super::request_key::RequestKey;
use crate::recording::{RecordedDirection, RecordedFrame, Recording};

/// Requests without an answer that are remembered.
const REMEMBERED: usize = 1000;

/// An answer, and how long it took.
#[derive(Debug, Clone)]
pub(super) struct RecordedAnswer {
    pub(super) header: FrameHeader,
    pub(super) body: Bytes,
    pub(super) after: Duration,
}

#[derive(Debug, Default)]
struct Series {
    answers: Vec<RecordedAnswer>,
    /// Which is next; behind the last, that one is given again.
    next: AtomicUsize,
}

#[derive(Debug)]
pub(super) struct Answers {
    series: HashMap<RequestKey, Series>,
    pub(super) versions: BTreeSet<ProtocolVersion>,
    /// The latest requests that there was no answer to, oldest first.
    unanswered: Mutex<VecDeque<String>>,
}

impl Answers {
    pub(super) fn of(recording: &Recording) -> Self {
        let mut answers = Self {
            series: HashMap::new(),
            versions: BTreeSet::new(),
            unanswered: Mutex::default(),
        };
        let mut connections: HashMap<u64, RecordedConnection> = HashMap::new();
        for frame in recording.frames() {
            let connection = connections.entry(frame.connection).or_default();
            answers.add(connection, frame);
        }
        answers
    }

    fn add(&mut self, connection: &mut RecordedConnection, recorded: &RecordedFrame) {
        let RecordedFrame { at, frame, direction, .. } = recorded;
        // Only frames that were read are recorded, so this is one.
        let Ok(Some(header)) = FrameHeader::decode(frame) else { return };
        let mut body = frame.clone();
        body.advance(FrameHeader::LENGTH);
        match direction {
            RecordedDirection::Request => {
                let dialect = connection.dialect.get_or_insert(header.version.into());
                if header.opcode == Opcode::Startup {
                    *dialect = agreed_dialect(&header, &body);
                }
                let key = RequestKey::new(*dialect, &header, &body);
                connection.open.insert(header.stream, (key, *at));
            }
            RecordedDirection::Answer if header.opcode == Opcode::Event => {}
            RecordedDirection::Answer => {
                if let Some((key, asked)) = connection.open.remove(&header.stream) {
                    self.versions.insert(header.version);
                    let after = at.saturating_sub(asked);
                    let answer = RecordedAnswer { header, body, after };
                    self.series.entry(key).or_default().answers.push(answer);
                }
            }
        }
    }

    /// The next answer to a request, if there is one.
    pub(super) fn next(&self, key: &RequestKey) -> Option<&RecordedAnswer> {
        let Series { answers, next } = self.series.get(key)?;
        let index = next.fetch_add(1, Ordering::Relaxed);
        answers.get(index).or(answers.last())
    }

    /// Remembers that there was none.
    pub(super) fn note_unanswered(&self, request: String) {
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if unanswered.len() == REMEMBERED {
            unanswered.pop_front();
        }
        unanswered.push_back(request);
    }

    pub(super) fn unanswered(&self) -> Vec<String> {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        unanswered.iter().cloned().collect()
    }
}

/// A connection as the recording tells of it.
#[derive(Debug, Default)]
struct RecordedConnection {
    dialect: Option<Dialect>,
    /// Requests that were not answered yet, by their streams, and when they came.
    open: HashMap<i16, (RequestKey, Duration)>,
}

/// How messages are read once this STARTUP is answered.
pub(super) fn agreed_dialect(header: &FrameHeader, body: &Bytes) -> Dialect {
    let agreed = match Request::decode(header.version, header.opcode, body) {
        Ok(Request::Startup(startup)) => ScyllaExtensions::from_startup(&startup).ok(),
        _ => None,
    };
    agreed.map_or_else(|| header.version.into(), |agreed| agreed.dialect(header.version))
}

//! A recording that is read.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use super::record::FORMAT;
use super::{Event, Record};
use crate::record_file::{RecordFileError, Records, Tail};

/// What a [`Proxy`](crate::Proxy) wrote down of its connections.
///
/// The file begins with `HELENREC` and its version, 1, in two bytes. Records follow: four bytes for the length of the
/// content, the CRC-32 of those four bytes, the CRC-32 of the content, and the content, which is a byte for the kind,
/// eight for the microseconds since the recording began, eight for the connection's number, and then, by kind: 0, a
/// client connected, its address as text; 1, the connection ended; 2, a request's frame; 3, a frame to the client.
/// Frames are as CQL's specification has them, header and body, out of their segments and decompressed. Numbers are
/// big-endian. What a client sent to authenticate itself is left out: its AUTH_RESPONSEs have no token. Statements and
/// their values are not.
#[derive(Debug, Clone)]
pub struct Recording {
    frames: Vec<RecordedFrame>,
    cut_off: u64,
}

/// A frame of a [`Recording`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedFrame {
    /// When it came, since the recording began.
    pub at: Duration,
    /// The number of its connection.
    pub connection: u64,
    /// Where it went.
    pub direction: RecordedDirection,
    /// Header and body, decompressed.
    pub frame: Bytes,
}

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordedDirection {
    /// To the node.
    Request,
    /// To the client.
    Answer,
}

impl Recording {
    /// Reads a recording, all of it.
    ///
    /// # Errors
    /// A file that cannot be read, holds something else or is damaged. One whose writer was killed, so that its last
    /// record is not whole, is [read up to there](Self::cut_off).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecordFileError> {
        let mut records = Records::open(path.as_ref(), FORMAT)?;
        let mut frames = Vec::new();
        while let Some(content) = records.next()? {
            let Some(Record { at, connection, event }) = Record::decode(content) else {
                return Err(records.damage("it is none of a recording's records"));
            };
            let (direction, frame) = match event {
                Event::Request(frame) => (RecordedDirection::Request, frame),
                Event::Answer(frame) => (RecordedDirection::Answer, frame),
                Event::Opened(_) | Event::Closed => continue,
            };
            frames.push(RecordedFrame { at, connection, direction, frame });
        }
        let cut_off = match records.tail() {
            Tail::Whole => 0,
            Tail::CutOff { bytes, .. } => bytes,
        };
        Ok(Self { frames, cut_off })
    }

    /// The frames, in the order in which they came.
    pub fn frames(&self) -> &[RecordedFrame] {
        &self.frames
    }

    /// How many bytes at the end were left out, as they are no whole record.
    pub fn cut_off(&self) -> u64 {
        self.cut_off
    }
}

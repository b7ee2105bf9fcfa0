//! Writing a recording, on a thread that may block.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::record::FORMAT;
use super::{Event, Record};
use crate::record_file::{RecordFileError, RecordWriter};

/// Records that wait to be written; whoever has more waits.
const WAITING: usize = 1024;

/// Owns the task that writes.
#[derive(Debug)]
pub(crate) struct Recorder {
    path: PathBuf,
    sender: RecordSender,
    task: JoinHandle<io::Result<()>>,
}

/// Takes records; it may be cloned.
#[derive(Debug, Clone)]
pub(crate) struct RecordSender {
    records: mpsc::Sender<Record>,
    start: Instant,
}

impl Recorder {
    /// Begins a file, in the place of one that may be there.
    pub(crate) fn create(path: &Path) -> Result<Self, RecordFileError> {
        let failed = || RecordFileError::io("write", path);
        let file = File::create(path).map_err(failed())?;
        let writer = RecordWriter::new(BufWriter::new(file), FORMAT).map_err(failed())?;
        let (records, received) = mpsc::channel(WAITING);
        let sender = RecordSender { records, start: Instant::now() };
        let task = spawn_blocking(|| write(writer, received));
        Ok(Self { path: path.to_owned(), sender, task })
    }

    pub(crate) fn sender(&self) -> RecordSender {
        self.sender.clone()
    }

    /// Writes what is left, once nobody else has a sender.
    pub(crate) async fn finish(self) -> Result<(), RecordFileError> {
        let Self { path, sender, task } = self;
        drop(sender);
        let written = task.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        written.map_err(RecordFileError::io("write", &path))
    }
}

impl RecordSender {
    /// Takes what happened now on a connection.
    pub(crate) fn record(&self, connection: u64, event: Event) -> Record {
        Record { at: self.start.elapsed(), connection, event }
    }

    /// Waits for room. A recording that cannot be written goes on without: whoever [finishes](Recorder::finish) it is
    /// told.
    pub(crate) async fn send(&self, record: Record) {
        let _ = self.records.send(record).await;
    }
}

fn write(
    mut writer: RecordWriter<BufWriter<File>>,
    mut records: mpsc::Receiver<Record>,
) -> io::Result<()> {
    while let Some(record) = records.blocking_recv() {
        let mut next = Some(record);
        while let Some(record) = next {
            let (fixed, content) = record.encode();
            writer.append(&[&fixed, content])?;
            next = records.try_recv().ok();
        }
        // Nothing more is there: whoever looks at the file sees all of it.
        writer.flush()?;
    }
    writer.flush()
}

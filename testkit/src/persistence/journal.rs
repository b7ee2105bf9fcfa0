//! The log of a running cluster.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use helenus_protocol::SchemaChange;
use uuid::Uuid;

use super::DataError;
use super::entry::{FORMAT, encode_truncate, encode_writes};
use super::history::History;
use crate::query_error::QueryError;
use crate::record_file::{EMPTY, RecordFileError, RecordWriter};
use crate::schema::Catalog;
use crate::storage::{Mutation, Storage};

/// Writes that are one record where a table is written as a whole.
const WRITES_TOGETHER: usize = 256;

/// Writes down what happens, before it counts.
#[derive(Debug)]
pub(crate) struct Journal {
    directory: PathBuf,
    state: Mutex<State>,
    /// Held by everyone who writes, and by one alone where the order of writes matters.
    turns: RwLock<()>,
    /// Whether the log has grown by so much that it is to be written anew.
    is_due: AtomicBool,
    /// It keeps others away as long as it is open.
    _lock: File,
}

#[derive(Debug)]
struct State {
    log: RecordWriter<BufWriter<File>>,
    history: History,
    /// Bytes that the log may grow by, at least, before it is written anew.
    growth: u64,
    /// Bytes of the log when it was last written anew, and now.
    compact: u64,
    length: u64,
    /// A record is in the log that may not be whole: nothing can come behind it.
    is_broken: bool,
}

/// The right to write, or to change the schema.
#[derive(Debug)]
#[expect(dead_code, reason = "the guards are held, not looked at")]
pub(crate) enum Turn<'a> {
    Shared(RwLockReadGuard<'a, ()>),
    Alone(RwLockWriteGuard<'a, ()>),
}

pub(super) fn log_in(directory: &Path) -> PathBuf {
    directory.join("data.log")
}

/// Keeps others away from a directory.
pub(super) fn lock(directory: &Path) -> Result<File, DataError> {
    fs::create_dir_all(directory).map_err(RecordFileError::io("make", directory))?;
    let path = directory.join("lock");
    let file = File::create(&path).map_err(RecordFileError::io("write", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DataError::InUse { path: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(RecordFileError::io("lock", &path)(source).into()),
    }
}

impl Journal {
    /// Writes a log of what is there, and goes on with it.
    pub(super) fn start(
        directory: &Path,
        lock: File,
        history: History,
        storage: &Storage,
        growth: u64,
    ) -> Result<Self, DataError> {
        let (log, length) = write_anew(directory, &history, storage)?;
        let state = State { log, history, growth, compact: length, length, is_broken: false };
        Ok(Self {
            directory: directory.to_owned(),
            state: Mutex::new(state),
            turns: RwLock::default(),
            is_due: AtomicBool::new(false),
            _lock: lock,
        })
    }

    /// Waits for the right to write, `alone` or with others. A log that has grown too much is written anew first.
    pub(crate) fn turn(&self, alone: bool, storage: &Storage) -> Turn<'_> {
        if self.is_due.load(Ordering::Acquire) {
            self.compact(storage);
        }
        if alone {
            Turn::Alone(self.turns.write().unwrap_or_else(PoisonError::into_inner))
        } else {
            Turn::Shared(self.turns.read().unwrap_or_else(PoisonError::into_inner))
        }
    }

    /// Writes down what is to be written together. What goes to the system's own tables is passed over.
    pub(crate) fn log_writes<'m>(
        &self,
        writes: impl IntoIterator<Item = (Uuid, &'m Mutation)>,
    ) -> Result<(), QueryError> {
        let mut state = self.state();
        let history = &state.history;
        let mut writes =
            writes.into_iter().filter(|(table, _)| history.has_table(*table)).peekable();
        if writes.peek().is_none() {
            return Ok(());
        }
        let record = encode_writes(writes);
        self.append(&mut state, &record)
    }

    pub(crate) fn log_truncate(&self, table: Uuid) -> Result<(), QueryError> {
        let mut state = self.state();
        if !state.history.has_table(table) {
            return Ok(());
        }
        self.append(&mut state, &encode_truncate(table))
    }

    /// Writes down a statement that changed the schema.
    pub(crate) fn log_schema(
        &self,
        cql: &str,
        keyspace: Option<&str>,
        changes: &[SchemaChange],
        catalog: &Catalog,
    ) -> Result<(), QueryError> {
        let mut state = self.state();
        match state.history.add(cql, keyspace, changes, catalog) {
            Some(statement) => self.append(&mut state, &statement.encode()),
            None => Ok(()),
        }
    }

    fn append(&self, state: &mut State, record: &[u8]) -> Result<(), QueryError> {
        if state.is_broken {
            let problem = "the data's log is broken: nothing can be written any more";
            return Err(QueryError::Failure(problem.to_owned()));
        }
        let written = state.log.append(&[record]).and_then(|length| {
            state.log.flush()?;
            Ok(length)
        });
        match written {
            Ok(length) => {
                state.length += length;
                if state.length - state.compact > state.growth.max(state.compact) {
                    self.is_due.store(true, Ordering::Release);
                }
                Ok(())
            }
            Err(error) => {
                state.is_broken = true;
                let path = log_in(&self.directory);
                let path = path.display();
                tracing::error!(%path, %error, "the data cannot be kept any more");
                Err(QueryError::Failure(format!("the data cannot be written to {path}: {error}")))
            }
        }
    }

    /// Writes the log anew while nobody writes.
    fn compact(&self, storage: &Storage) {
        let _alone = self.turns.write().unwrap_or_else(PoisonError::into_inner);
        if !self.is_due.swap(false, Ordering::AcqRel) {
            return;
        }
        let mut state = self.state();
        match write_anew(&self.directory, &state.history, storage) {
            Ok((log, length)) => {
                (state.log, state.compact, state.length) = (log, length, length);
                state.is_broken = false;
            }
            Err(error) => {
                // The old log is whole, and goes on.
                tracing::warn!(%error, "the data's log cannot be written anew");
                state.compact = state.length;
            }
        }
    }

    /// Lets the log go to a file that cannot be written.
    #[cfg(test)]
    pub(super) fn break_log(&self) {
        let file = File::open(log_in(&self.directory)).expect("the log is there");
        let log = RecordWriter::new(BufWriter::new(file), FORMAT).expect("nothing is written yet");
        self.state().log = log;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a log of what is there in the place of the one that may be; returns it with its length.
fn write_anew(
    directory: &Path,
    history: &History,
    storage: &Storage,
) -> Result<(RecordWriter<BufWriter<File>>, u64), RecordFileError> {
    let (path, new) = (log_in(directory), directory.join("data.new"));
    let write = || -> io::Result<_> {
        let mut log = RecordWriter::new(BufWriter::new(File::create(&new)?), FORMAT)?;
        let mut length = EMPTY;
        for statement in history.statements() {
            length += log.append(&[&statement.encode()])?;
        }
        for id in history.tables() {
            let Some(table) = storage.table(id) else { continue };
            let mut written = Ok(());
            table.read().for_each_partition(|mutations| {
                for together in mutations.chunks(WRITES_TOGETHER) {
                    if written.is_ok() {
                        let record = encode_writes(together.iter().map(|one| (id, one)));
                        written = log.append(&[&record]).map(|more| length += more);
                    }
                }
            });
            written?;
        }
        log.flush()?;
        log.get_ref().get_ref().sync_all()?;
        fs::rename(&new, &path)?;
        // The name, too, is to be on the disk.
        #[cfg(unix)]
        File::open(directory)?.sync_all()?;
        Ok((log, length))
    };
    write().map_err(RecordFileError::io("write", &path))
}

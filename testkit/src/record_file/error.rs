//! Why a file cannot be read or written.

use std::io;
use std::path::{Path, PathBuf};

/// A file of records, such as a recording, that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordFileError {
    /// The system does not let it be read or written.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} is not {wanted}", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// It is of a version that is not known.
    #[error("{} is {what} of version {version}, and this program knows version {known}", path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// What it holds.
        what: &'static str,
        /// The version of the file.
        version: u16,
        /// The version that is known.
        known: u16,
    },
    /// Something changed its bytes.
    #[error("{} is damaged at byte {at}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the record begins that is damaged.
        at: u64,
        /// What is wrong with it.
        problem: String,
    },
}

impl RecordFileError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

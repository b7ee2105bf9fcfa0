//! Why data cannot be restored or kept.

use std::path::PathBuf;

use crate::record_file::RecordFileError;

/// The data of a cluster cannot be restored, or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file cannot be read or written, or is damaged. What is damaged is not repaired: take it away, or restore it
    /// from a copy.
    #[error(transparent)]
    File(#[from] RecordFileError),
    /// Another cluster keeps its data there.
    #[error("the data in {} are in use by another cluster", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A statement that made the schema does not fit this cluster, which may lack a data center.
    #[error("the data in {} do not fit this cluster: {problem}: {statement}", path.display())]
    Statement {
        /// The directory.
        path: PathBuf,
        /// The statement.
        statement: String,
        /// What is wrong with it.
        problem: String,
    },
}

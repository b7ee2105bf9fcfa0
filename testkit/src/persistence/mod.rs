//! Data that outlive their cluster: a log of what was written and of how the schema changed.
//!
//! A directory holds `data.log`, a file of records in the order in which things happened, and `lock`, which keeps
//! others away. Each start runs the log and writes it anew, with what is left: statements of keyspaces and tables
//! that are still there, and rows as they are now. So does a log that has grown much since. The new file takes the old
//! one's place when it is whole.

mod bytes_in;
mod bytes_out;
mod entry;
mod error;
mod history;
mod journal;
mod mutation_bytes;
mod restored_data;
mod restoring;
#[cfg(test)]
mod tests;

pub use error::DataError;
pub(crate) use journal::{Journal, Turn};
pub use restored_data::RestoredData;
pub(crate) use restoring::open;

//! What a session runs.

mod batch;
mod bound;
mod cache;
mod options;
mod prepared;
mod simple;

pub use batch::Batch;
pub(crate) use bound::Bound;
pub(crate) use cache::StatementCache;
pub(crate) use options::StatementOptions;
pub use prepared::PreparedStatement;
pub(crate) use prepared::ResultShape;
pub use simple::Statement;

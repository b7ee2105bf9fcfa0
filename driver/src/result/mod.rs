//! What a request gave.

mod page;
mod pages;
mod query_result;

pub(crate) use page::Page;
pub use pages::{PageError, Pages};
pub use query_result::{QueryResult, RowsError};

//! The notations of the specification's section 3, read and written.

mod reader;
mod writer;

pub use reader::Reader;
pub(crate) use writer::{Writer, reserve_length};

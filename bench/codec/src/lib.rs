//! The same work done by Helenus and by the other drivers, each with its own public API, as its users would.
//!
//! Decoding starts with the body of a v4 RESULT frame, and encoding ends with a whole v4 EXECUTE frame.

mod candidate;
mod cdrs;
mod checksum;
mod driver;
mod helenus;
mod page;
mod scylla;
mod statement;
mod task;

pub use candidate::Candidate;
pub use driver::Driver;
pub use task::Task;

/// Anything that can go wrong in any of the drivers.
pub type Error = Box<dyn std::error::Error>;

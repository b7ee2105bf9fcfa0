//! Where a benchmark was run, and what it counts with there.

mod callgrind;
mod machine;
mod system_calls;

pub use callgrind::Callgrind;
pub use machine::Machine;
pub use system_calls::SystemCalls;

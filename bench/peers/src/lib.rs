//! Helenus beside other CQL drivers, each in a process of its own, against a server that is never the slower side.
//!
//! `responder` is the server: one thread that knows its answers by heart and copies into them what the request asked
//! for. `client` loads it with one driver, checks every answer, and prints one line of JSON. `counted-client` does the
//! same and counts allocations. The benchmark `peers` runs them and prints tables:
//! `cargo xtask bench peers --help`.

mod affinity;
pub mod client;
pub mod items;
pub mod responder;

pub use affinity::pin_to;

/// Anything that can go wrong in any of the drivers.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

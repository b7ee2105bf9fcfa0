//! Who is let in, who waits, and who is turned away.

mod gate;
mod limit;
mod queue;
mod rate;

pub use gate::{Admission, Entry, Next};
pub use limit::ConcurrencyLimit;
pub use queue::{AdmissionQueue, Priority, QueueFull, Ticket};
pub use rate::RateLimiter;

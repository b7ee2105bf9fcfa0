//! What to do after a failed attempt, how long to wait first, and how often at all.

mod backoff;
mod budget;
mod default;
mod downgrading;
mod failure;
mod fallthrough;
mod policy;

pub use backoff::Backoff;
pub use budget::RetryBudget;
pub use default::DefaultRetry;
pub use downgrading::DowngradingConsistency;
pub use failure::{Attempt, ReadTimeout, RequestFailure, Unavailable, WriteTimeout};
pub use fallthrough::Fallthrough;
pub use policy::{Retry, RetryDecision};

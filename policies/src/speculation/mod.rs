//! When to ask a second node while the first one has not answered.

mod constant;
mod percentile;
mod policy;

pub use constant::ConstantDelay;
pub use percentile::PercentileDelay;
pub use policy::{Running, Speculation};

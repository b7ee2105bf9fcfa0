//! How nodes do: what is measured of them, and what follows from it.

mod breaker;
mod checkup;
mod config;
mod exceptions;
mod loads;
mod silence;
mod vitals;
mod watch;

pub use config::HealthConfig;
pub(crate) use exceptions::Exceptions;
pub(crate) use loads::Load;
pub(crate) use vitals::{SetBack, Vitals};
pub(crate) use watch::Watch;

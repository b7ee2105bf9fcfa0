//! What is done on new connections before requests are sent over them.

mod config;
#[cfg(feature = "schedule")]
mod cron;
mod progress;
mod warmer;

pub use config::WarmUp;
#[cfg(feature = "schedule")]
pub(crate) use cron::Cron;
#[cfg(feature = "schedule")]
pub use cron::ScheduleError;
pub use progress::WarmUpProgress;
pub(crate) use warmer::{Warmed, Warmer};

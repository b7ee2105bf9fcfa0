//! How nodes do: what is measured of them, and what follows from it.

mod loads;
mod silence;
mod vitals;
mod watch;

pub(crate) use loads::Load;
pub(crate) use vitals::{SetBack, Vitals};
pub(crate) use watch::Watch;

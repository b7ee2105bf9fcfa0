//! Who holds what, and whether enough of them are up.

mod availability;
mod placement;
mod strategy;

pub(crate) use availability::Availability;
pub(crate) use placement::{Place, Placement};
pub(crate) use strategy::Strategy;

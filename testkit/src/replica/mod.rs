//! Who holds what, and whether enough of them are up and answer.

mod availability;
mod placement;
mod requirement;
mod strategy;

pub(crate) use availability::Availability;
pub(crate) use placement::{Place, Placement};
pub(crate) use requirement::{Progress, Requirement};
pub(crate) use strategy::Strategy;

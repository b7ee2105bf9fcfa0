//! What holds for the plans of all policies, however they are put together.

mod cluster;
mod composition;
mod properties;

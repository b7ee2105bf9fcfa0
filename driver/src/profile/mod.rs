//! Named sets of settings that requests follow.

mod execution_profile;
mod profiles;

pub use execution_profile::ExecutionProfile;
pub(crate) use profiles::{Profile, Profiles};

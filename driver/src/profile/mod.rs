//! Named sets of settings that requests follow.

mod balancing;
mod execution_profile;
mod node_tags;
mod profiles;
mod settings;

pub(crate) use balancing::Balancing;
pub use execution_profile::ExecutionProfile;
pub(crate) use node_tags::NodeTags;
pub(crate) use profiles::{Profile, Profiles};
pub(crate) use settings::Settings;

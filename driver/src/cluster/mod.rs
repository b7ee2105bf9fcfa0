//! What the session knows of the cluster, and how it keeps that true.

mod config;
mod contact_point;
mod control;
mod due;
mod error;
mod handle;
mod metadata;
mod moment;
mod offload;
mod policy;
mod snapshot;
mod translator;
mod worker;

pub(crate) use config::ClusterConfig;
pub use error::BuildError;
pub(crate) use handle::ClusterHandle;
pub use metadata::MetadataError;
pub(crate) use moment::Moment;
pub(crate) use policy::Bounds;
pub(crate) use snapshot::ClusterSnapshot;
pub(crate) use translator::Translator;

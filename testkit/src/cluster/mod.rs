//! A cluster in this process.

mod addresses;
mod bound_value;
mod builder;
mod client_connection;
mod condition_not_met;
mod connection_id;
mod coordinated_statement;
mod datacenter;
mod embedded_cluster;
mod error;
mod known_client;
mod lifecycle;
mod member;
mod membership;
mod node;
mod node_listeners;
mod open_files;
mod own_writes;
mod pauses;
mod report;
mod request_feed;
mod request_log;
mod requests;
mod ring;
mod running;
mod script;
mod seen_request;
mod state;
#[cfg(feature = "tls")]
mod tls;
mod topology;
mod troubles;
mod watching;

pub use bound_value::BoundValue;
pub(crate) use bound_value::RawValues;
pub use builder::EmbeddedClusterBuilder;
pub use client_connection::ClientConnection;
pub use condition_not_met::ConditionNotMet;
pub use connection_id::ConnectionId;
pub use coordinated_statement::{CoordinatedStatement, StatementKind};
pub use datacenter::Datacenter;
pub use embedded_cluster::EmbeddedCluster;
pub use error::ClusterError;
pub(crate) use known_client::{ClientStanding, KnownClient};
#[cfg(any(feature = "fuzzing", test))]
pub(crate) use member::Identity;
pub(crate) use member::{Entrance, Member, OpenConnection};
pub use node::Node;
pub(crate) use node_listeners::NodeListeners;
pub(crate) use own_writes::OwnWrites;
pub(crate) use pauses::Pauses;
pub use report::ClusterReport;
pub use request_feed::{RequestFeed, Watched};
pub use requests::Requests;
pub use script::ScriptError;
pub use seen_request::{SeenRequest, SeenStatement};
pub(crate) use state::{Announcement, ClusterState};
#[cfg(any(feature = "fuzzing", test))]
pub(crate) use state::{Settings, Timeouts};
pub(crate) use topology::Topology;
pub(crate) use troubles::Troubles;

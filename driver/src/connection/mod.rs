//! One socket to one node, shared by as many requests as it has stream ids.

mod condition;
mod config;
mod destination;
mod error;
mod handshake;
mod inbox;
mod keeper;
mod link;
mod measuring;
mod outbox;
mod owner;
mod pending;
mod reader;
mod scratch;
mod shard_gate;
mod state;
mod streams;
mod term;
mod transport;
mod turn;
mod writer;

pub use config::ConnectionConfig;
pub use destination::Destination;
pub use error::{CloseReason, ConnectError};
pub(crate) use link::{Connection, SendError};
pub(crate) use owner::Owner;
pub(crate) use pending::{Reply, ReplyError, Sent};
pub(crate) use shard_gate::ShardGate;
pub(crate) use term::Term;

//! One socket to one node, shared by as many requests as it has stream ids.

mod config;
mod error;
mod handshake;
mod inbox;
mod keeper;
mod link;
mod outbox;
mod pending;
mod reader;
mod state;
mod streams;
mod transport;
mod turn;
mod writer;

pub use config::ConnectionConfig;
pub use error::{CloseReason, ConnectError};
pub(crate) use link::{Connection, SendError};
pub(crate) use pending::{Reply, ReplyError, Sent};

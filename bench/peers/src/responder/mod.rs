//! A CQL server that knows its answers by heart.

mod answers;
mod cluster;
mod connection;
mod dialect;
mod options;
mod output;
mod pages;
mod select;
mod server;
mod session;
mod statement;
mod system;
mod transport;

pub use options::Options;
pub use server::serve;

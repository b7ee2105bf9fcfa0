//! One node's side of the native protocol.

mod connection;
mod credentials;
mod failure;
mod listener;
mod prepared_statements;
mod session;
mod statement;
mod trace;

pub(crate) use credentials::Credentials;
pub(crate) use listener::serve;
pub(crate) use prepared_statements::PreparedStatements;

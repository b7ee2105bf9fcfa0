//! One node's side of the native protocol.

mod connection;
mod coordination;
mod credentials;
mod delayed_answers;
mod failure;
mod framing;
mod listener;
mod prepared_statements;
mod result_metadata_id;
mod session;
mod spoilt_answer;
mod spoken_versions;
mod statement;
mod trace;

pub(crate) use credentials::Credentials;
pub(crate) use listener::serve;
pub(crate) use prepared_statements::PreparedStatements;
pub(crate) use spoken_versions::SpokenVersions;

//! One node's side of the native protocol.

mod connection;
mod coordination;
mod credentials;
mod delayed_answers;
mod door;
mod failure;
#[cfg(any(feature = "fuzzing", test))]
mod feed;
mod framing;
mod handshake;
mod listener;
mod prepared_statements;
mod reply;
mod result_metadata_id;
mod scylla;
mod session;
mod spoilt_answer;
mod spoken_versions;
mod statement;
mod trace;
mod wire;

pub(crate) use credentials::Credentials;
pub(crate) use delayed_answers::DelayedAnswers;
pub(crate) use door::Door;
#[cfg(feature = "fuzzing")]
pub(crate) use feed::feed;
pub(crate) use framing::Framing;
pub(crate) use listener::serve;
pub(crate) use prepared_statements::PreparedStatements;
pub(crate) use spoilt_answer::{End, SpoiltAnswer};
pub(crate) use spoken_versions::SpokenVersions;

//! A cluster that is served, as other processes reach it: lines of JSON, a request and an answer each.

mod address;
mod controlled;
mod line;
mod request;
mod server;
mod stream;
mod watched_request;

pub(crate) use address::ControlAddress;
pub(crate) use controlled::Controlled;
pub(crate) use line::{LineError, Lines};
pub(crate) use request::{Answer, Problem, ProblemKind, Request};
pub(crate) use server::ControlServer;
pub(crate) use stream::Stream;
pub(crate) use watched_request::{Fed, WatchedRequest};

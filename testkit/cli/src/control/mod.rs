//! A cluster or a proxy, as other processes reach it: lines of JSON, a request and an answer each.

mod address;
mod controlled;
mod controlled_proxy;
mod line;
mod numbered_faults;
mod request;
mod server;
mod stream;
mod subject;
mod watched_request;

pub(crate) use address::ControlAddress;
pub(crate) use controlled::Controlled;
pub(crate) use controlled_proxy::ControlledProxy;
pub(crate) use line::{LONGEST, LineError, Lines};
pub(crate) use request::{Answer, Problem, ProblemKind, Request};
pub(crate) use server::ControlServer;
pub(crate) use stream::Stream;
pub(crate) use subject::Subject;
pub(crate) use watched_request::{Fed, WatchedRequest};

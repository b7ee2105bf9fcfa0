//! The command, as it is typed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers included")]

mod client;
mod controlling;
mod directory;
mod proxying;
mod served;
mod serving;
mod watching;

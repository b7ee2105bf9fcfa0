//! Policies against clusters in trouble, in virtual time: no socket, no thread, the same each time.
//!
//! `cargo test -p helenus-policies --test simulation -- --nocapture` shows what each policy makes of each trouble.

mod client;
mod cluster;
mod node;
mod report;
mod run;
mod scenario;
mod troubles;

//! Other drivers on an embedded cluster: each makes a schema, and does all that can be done with it.
//!
//! The Python driver and cqlsh run wherever Python can make a virtual environment; the rest run when they are named, as
//! they need tools that few machines have: `HELENUS_TEST_CLIENTS=node,java,go,cpp cargo test -p helenus-testkit --test
//! clients`. ScyllaDB's driver for Rust has a test of its own, `scylla`. The scripts do the same on a real node.

mod client;
mod cqlsh;
mod program;
#[path = "../python/virtual_environment.rs"]
mod virtual_environment;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::client::Client;

/// What a test comes to; the error says what went wrong, in words.
type Outcome<T = ()> = Result<T, Failed>;

/// Further clients that are to run, parted by commas.
const CLIENTS: &str = "HELENUS_TEST_CLIENTS";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let named = env::var(CLIENTS).unwrap_or_default();
    let named: Vec<_> = named.split(',').map(str::trim).collect();
    let trials = Client::ALL.into_iter().map(|client| {
        let reason = client.absence(&named);
        if let Some(reason) = &reason {
            eprintln!("skipped: {client}, {reason}");
        }
        Trial::test(format!("clients::{client}"), move || client.run())
            .with_ignored_flag(reason.is_some())
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

//! Values cross between helenus-protocol and the Python driver by way of a real node, and must arrive as they left;
//! and the same statements come to the same on an embedded cluster as on a real node.
//!
//! `cargo xtask test` runs this. By hand, on a node that is up:
//! `HELENUS_TEST_CONTACT_POINTS=127.0.0.1 cargo test -p helenus-testkit --test differential`.
//! `HELENUS_TEST_SEED` repeats the random values of a run. What the two cannot exchange is listed in `generator.rs`.

mod column;
mod connection;
mod cql;
mod exchange;
mod form;
mod generator;
mod ground;
mod link;
mod peer;
mod scalar;
mod schema;
mod tally;
#[path = "../python/virtual_environment.rs"]
mod virtual_environment;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::exchange::{Direction, Exchange};
use crate::ground::Ground;
use crate::link::Link;

/// What a test comes to; the error says what went wrong, in words.
type Outcome<T = ()> = Result<T, Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let ground = match Ground::from_environment() {
        Ok(ground) => ground.map(Arc::new),
        Err(failed) => {
            eprintln!("{}", failed.message().unwrap_or_default());
            return ExitCode::FAILURE;
        }
    };
    match &ground {
        Some(ground) => eprintln!("{ground}"),
        None => eprintln!("ignored: {} names no real node", ground::CONTACT_POINTS),
    }
    let pairs = Link::ALL.into_iter().flat_map(|link| Direction::ALL.map(|to| (link, to)));
    let exchanges = pairs.map(|(link, direction)| trial(link, direction, ground.clone()));
    let trials = exchanges.chain([statements(ground.clone())]).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(ground) = ground {
        eprint!("{}", ground.tally());
    }
    conclusion.exit_code()
}

/// The same statements on an embedded cluster and on the real node.
fn statements(ground: Option<Arc<Ground>>) -> Trial {
    let is_ignored = ground.is_none();
    let run = move || match &ground {
        Some(ground) => cql::run(ground),
        None => Err(format!("{} names no real node", ground::CONTACT_POINTS).into()),
    };
    Trial::test("differential::cql", run).with_ignored_flag(is_ignored)
}

fn trial(link: Link, direction: Direction, ground: Option<Arc<Ground>>) -> Trial {
    let is_ignored = ground.is_none();
    let run = move || match &ground {
        Some(ground) => Exchange::open(ground, link, direction)?.run(),
        None => Err(format!("{} names no real node", ground::CONTACT_POINTS).into()),
    };
    Trial::test(format!("differential::{link}::{direction}"), run).with_ignored_flag(is_ignored)
}

//! A CQL server that knows its answers by heart: `responder --help`.

use bench_peers::responder::{Options, serve};
use bench_peers::{Error, pin_to};
use clap::Parser;

fn main() -> Result<(), Error> {
    let options = Options::parse();
    if let Some(core) = options.core {
        pin_to(core)?;
    }
    end_with_parent()?;
    serve(&options)
}

/// A benchmark that is killed leaves no server behind.
fn end_with_parent() -> Result<(), Error> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    Ok(set_parent_process_death_signal(Some(Signal::TERM))?)
}

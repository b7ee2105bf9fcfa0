//! Loads a CQL server with one driver and prints one line of JSON: `client --help`.

use bench_peers::client::{Options, run};
use bench_peers::{Error, pin_to};
use clap::Parser;

fn main() -> Result<(), Error> {
    let options = Options::parse();
    if let Some(core) = options.core {
        pin_to(core)?;
    }
    println!("{}", serde_json::to_string(&run(&options, None)?)?);
    Ok(())
}

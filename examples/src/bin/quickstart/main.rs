//! Creates a keyspace and a table, writes rows, reads them back one by one and page by page, checks every value, and
//! says how fast that was and where the requests went.
//!
//! ```text
//! cargo run -p helenus-examples --bin quickstart
//! cargo run -p helenus-examples --bin quickstart -- --contact-points 10.0.0.1,10.0.0.2 --local-dc dc1
//! ```

mod phase;
mod table;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use helenus::Session;
use helenus_examples::{ConnectOptions, Termination};
use phase::Phase;
use table::Table;

/// Writes rows to a cluster, reads them back, and checks every value.
#[derive(Debug, Parser)]
#[command(name = "quickstart", version)]
struct Options {
    #[command(flatten)]
    connect: ConnectOptions,

    /// Rows to write.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(i32).range(1..))]
    rows: i32,

    /// Requests under way at once.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,

    /// Rows in a page of the last phase.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i32).range(1..))]
    page_size: i32,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run(&Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let target = options.connect.connect().await?;
    let session = &target.session;
    let kind = if target.is_embedded() { "an embedded cluster" } else { "the cluster" };
    println!("connected to {kind} of {} nodes", session.metrics().nodes.len());

    let code = match Termination::or(work(session, options), session).await? {
        Ok(done) => done.map(|()| ExitCode::SUCCESS)?,
        Err(signal) => {
            eprintln!(
                "quickstart: told to end; requests under way were finished, the table is left"
            );
            signal.exit_code()
        }
    };
    target.shutdown().await;
    Ok(code)
}

async fn work(session: &Session, options: &Options) -> Result<(), Box<dyn Error>> {
    let table = Table::create(session).await?;
    let concurrency = options.concurrency.into();
    let writes = Phase::new("write", options.rows)
        .run(session, concurrency, |row| table.write(session, row))
        .await?;
    println!("{writes}");
    let reads = Phase::new("read", options.rows)
        .run(session, concurrency, |row| table.read(session, row))
        .await?;
    println!("{reads}");
    println!("{}", table.scan(session, options.page_size, options.rows).await?);

    println!("where a read of row 0 may go, and why:\n{}", table.explain_read(session, 0)?);
    println!("requests by node:");
    for node in session.metrics().nodes {
        println!("  {:<21} {:<12} {:>8}", node.address, node.datacenter, node.requests);
    }
    table.drop(session).await?;
    println!("every value was checked; all is well");
    Ok(())
}

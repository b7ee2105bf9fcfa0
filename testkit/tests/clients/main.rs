//! The Python driver on an embedded cluster: a schema, and all that can be done with it.
//!
//! It runs where a Python that has the driver is there: the one that the test `differential` made, or `python3`. The
//! script takes an address, a port and a protocol version, and does the same on a real node.

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};

use helenus_testkit::EmbeddedCluster;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Builder;

const SCRIPT: &str = include_str!("client.py");
const VERSIONS: [u8; 2] = [4, 5];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let python = python();
    if python.is_none() {
        eprintln!("left out: no python3 has the Python driver (pip install cassandra-driver)");
    }
    let trials = VERSIONS.map(|version| {
        let python = python.clone();
        let is_ignored = python.is_none();
        Trial::test(format!("clients::python_v{version}"), move || match python {
            Some(python) => run(&python, version),
            None => Err("there is no Python driver".into()),
        })
        .with_ignored_flag(is_ignored)
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

/// A Python that has the driver.
fn python() -> Option<String> {
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential-python/bin/python");
    let named = env::var("HELENUS_TEST_PYTHON").ok();
    let candidates = named.into_iter().chain([made.display().to_string(), "python3".to_owned()]);
    candidates.into_iter().find(|python| {
        let import =
            Command::new(python).args(["-W", "ignore", "-c", "import cassandra.cluster"]).output();
        import.is_ok_and(|output| output.status.success())
    })
}

fn run(python: &str, version: u8) -> Result<(), Failed> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let cluster = runtime.block_on(EmbeddedCluster::start(3))?;
    let node = cluster.addresses()[0];
    let output = Command::new(python)
        .args(["-W", "ignore", "-c", SCRIPT])
        .args([node.ip().to_string(), node.port().to_string(), version.to_string()])
        .output()?;
    runtime.block_on(cluster.shutdown());
    if output.status.success() && output.stdout.ends_with(b"done\n") {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{}: {}", output.status, String::from_utf8_lossy(&said)).into())
}
